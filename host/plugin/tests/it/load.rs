//! Loading: what a plugin says of itself, its grants, and the cache of compiled code.

use mavm_plugin::{Bounds, LoadError, Runtime};

use crate::capabilities::{Answer, Host, capabilities, grants, options};
use crate::guest::{ASSUME, CALL_ASSUME, LOG, SECRET, guest};

async fn refused(component: Vec<u8>) -> LoadError {
    Host::new().await.runtime.registry().check(component, None).await.unwrap_err()
}

#[tokio::test]
async fn a_plugin_says_what_it_is() {
    let component = guest("guest").steps(&["go", "come-back"]).build();
    let installed = Host::new().await.runtime.registry().check(component, None).await.unwrap();
    assert_eq!(installed.about.name, "guest");
    assert_eq!(installed.about.version, "1.2.3");
    let steps: Vec<_> = installed.about.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["go", "come-back"]);
    assert_eq!(installed.about.steps[0].branches, ["other"]);
    assert_eq!(installed.digest.len(), 64);
}

#[tokio::test]
async fn a_missing_grant_prints_the_toml_to_add() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder, Bounds::default());
    options.grants = grants("aws-identity", &["secrets"]);
    let runtime = Runtime::new(options, capabilities(&Answer::Ok)).await.unwrap();
    let component = guest("aws-identity").imports(&[ASSUME, SECRET]).build();
    let error = runtime.registry().check(component, None).await.unwrap_err().to_string();
    assert!(
        error.contains("`aws-identity` needs mavm:plugin/aws@1.0.0, which is not granted"),
        "{error}"
    );
    assert!(
        error.contains("\n[plugins.aws-identity]\ngrants = [\"aws\", \"secrets\"]\n"),
        "what is granted already stays in the line: {error}"
    );
}

#[tokio::test]
async fn a_grant_for_one_plugin_is_none_for_another() {
    let error = refused(guest("stranger").imports(&[ASSUME]).build()).await;
    assert!(matches!(error, LoadError::NotGranted { .. }), "{error:?}");
}

#[tokio::test]
async fn a_misspelt_grant_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder, Bounds::default());
    options.grants = grants("guest", &["browsr"]);
    let error = Runtime::new(options, Vec::new()).await.err().unwrap().to_string();
    assert!(error.contains("[plugins.guest] grants \"browsr\", which is no capability"), "{error}");
    assert!(error.contains("browser"), "{error}");
}

#[tokio::test]
async fn the_log_needs_no_grant() {
    let component = guest("guest").imports(&[LOG]).build();
    Host::new().await.runtime.registry().check(component, None).await.unwrap();
}

#[tokio::test]
async fn describe_may_use_no_capability() {
    let component =
        guest("guest").imports(&[ASSUME]).describe(format!("{CALL_ASSUME} (i32.const 0)")).build();
    let error = refused(component).await.to_string();
    assert!(error.contains("it called mavm:plugin/aws@1.0.0#assume-role"), "{error}");
    assert!(error.contains("no capability answers while a plugin describes itself"), "{error}");
}

#[tokio::test]
async fn a_panic_in_describe_is_told_by_its_message() {
    let mut guest = guest("guest").imports(&[LOG]);
    let log = guest.log_error("panicked at src/lib.rs:7:5: no manifest");
    let error = refused(guest.describe(format!("{log} unreachable")).build()).await.to_string();
    assert!(error.contains("panicked at src/lib.rs:7:5: no manifest"), "{error}");
    assert!(error.contains("describe"), "{error}");
}

#[tokio::test]
async fn an_endless_describe_is_stopped() {
    let error = refused(guest("guest").describe("(loop (br 0)) unreachable").build()).await;
    assert!(error.to_string().contains("more than 1s of CPU time"), "{error}");
}

#[tokio::test]
async fn a_manifest_that_makes_no_sense_is_refused_with_all_its_faults() {
    let component =
        guest("../etc/Passwd").version("one").steps(&["go", "go", "No Such Name"]).build();
    let error = refused(component).await.to_string();
    for part in [
        "the plugin's name is \"../etc/Passwd\"",
        "version \"one\" is no semantic version",
        "two steps are named `go`",
        "a step's name is \"No Such Name\"",
    ] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    let error = refused(guest("guest").steps(&[]).build()).await.to_string();
    assert!(error.contains("it has no step"), "{error}");
}

#[tokio::test]
async fn too_much_memory_from_the_start_is_refused() {
    let component = guest("guest").pages(2000).build();
    let error = refused(component).await.to_string();
    assert!(error.contains("of memory; a plugin may have 64.0 MiB"), "{error}");
}

#[tokio::test]
async fn compiled_code_is_kept_and_taken_back() {
    let mut host = Host::new().await;
    let component = guest("guest").build();
    let digest = host.runtime.registry().install(component, None).await.unwrap().digest;
    let kept = kept_code(&host, &digest);
    let written = std::fs::metadata(&kept).unwrap().modified().unwrap();
    host.restart().await;
    assert!(host.runtime.registry().active().contains_key("guest"));
    assert_eq!(std::fs::metadata(&kept).unwrap().modified().unwrap(), written, "compiled again");
}

#[tokio::test]
async fn compiled_code_that_was_changed_is_not_trusted() {
    let mut host = Host::new().await;
    let digest =
        host.runtime.registry().install(guest("guest").build(), None).await.unwrap().digest;
    let kept = kept_code(&host, &digest);
    let ours = std::fs::read(&kept).unwrap();

    let other = guest("guest").version("6.6.6").build();
    let other = host.runtime.registry().install(other, None).await.unwrap();
    let foreign = std::fs::read(kept_code(&host, &other.digest)).unwrap();

    let mut flipped = ours.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cut = ours[..ours.len() / 2].to_vec();
    for (case, bytes) in
        [("flipped", flipped), ("cut", cut), ("empty", Vec::new()), ("another's", foreign)]
    {
        std::fs::write(&kept, &bytes).unwrap();
        host.restart().await;
        let plugin = host.runtime.registry().get(&digest).await.unwrap();
        assert_eq!(plugin.about().version, "1.2.3", "{case}");
        assert_ne!(std::fs::read(&kept).unwrap(), bytes, "{case}: compiled anew and kept");
    }
}

#[tokio::test]
async fn the_key_of_the_cache_is_for_the_host_alone() {
    use std::os::unix::fs::PermissionsExt;
    let host = Host::new().await;
    let key = host.folder.path().join("data/plugins/cache.key");
    assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
}

fn kept_code(host: &Host, digest: &str) -> std::path::PathBuf {
    let cache = host.folder.path().join("cache");
    let engine = std::fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    engine.join(format!("{digest}.cwasm"))
}
