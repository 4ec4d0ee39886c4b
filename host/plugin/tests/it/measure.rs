//! Figures, not assertions: `cargo test -p mavm-plugin -- --ignored --nocapture measure`.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use mavm_plugin::{Bounds, Capability, INTERFACES, LoadError, Runtime, StepRequest, StepState};
use wasmtime::component::Linker;

use crate::capabilities::{Host, options};
use crate::guest::guest;

#[tokio::test]
#[ignore = "prints figures, proves nothing"]
async fn measure() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let start = Instant::now();
    let before = resident();
    let mut host = Host::new().await;
    println!("runtime: {:?}, {} KiB", start.elapsed(), resident() - before);

    let component = guest("guest").build();
    let start = Instant::now();
    let digest = host.runtime.registry().install(component, None).await.unwrap().digest;
    println!("install of a tiny guest: {:?}", start.elapsed());
    let request = host.request(&digest).await;
    host.runtime.run_step(request.clone()).await.unwrap();
    let start = Instant::now();
    for _ in 0..1_000 {
        host.runtime.run_step(request.clone()).await.unwrap();
    }
    println!("step (store, instance, call): {:?}", start.elapsed() / 1_000);

    // Not granted anything, so that loading ends after `describe`, before linking.
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder, Bounds::default());
    options.grants.clear();
    let offered = INTERFACES.map(|interface| Arc::new(Offered(interface)) as Arc<dyn Capability>);
    let runtime = Runtime::new(options, offered.to_vec()).await.unwrap();
    let plugins = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    let Ok(folder) = std::fs::read_dir(plugins) else { return };
    for path in folder.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let (size, before) = (bytes.len(), resident());
        let mut took = Vec::new();
        for _ in ["compiled", "from the cache"] {
            let start = Instant::now();
            let error = runtime.registry().check(bytes.clone(), None).await.unwrap_err();
            assert!(matches!(error, LoadError::NotGranted { .. }), "{error}");
            took.push(start.elapsed());
        }
        let name = path.file_name().unwrap();
        println!("{name:?}: {size} bytes, {took:?}, {} KiB", resident().saturating_sub(before));
    }
}

struct Offered(&'static str);

impl Capability for Offered {
    fn interface(&self) -> &'static str {
        self.0
    }

    fn link(&self, _linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn open(&self, _step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(())
    }
}
