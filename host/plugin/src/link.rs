//! What a plugin's imports are bound to: handles always, capabilities as granted, and nothing at
//! all while it describes itself.

use std::sync::Arc;

use secrecy::ExposeSecret;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasData, Linker, Resource, ResourceTable, ResourceType};

use crate::bindings::mavm::plugin::{log, sealed as wit};
use crate::sealed::{Code, Secret};
use crate::step::{Capability, StepState};
use crate::trap::CalledInDescribe;

/// A linker that holds these capabilities and no other.
pub(crate) fn granted(
    engine: &wasmtime::Engine,
    capabilities: &[Arc<dyn Capability>],
) -> wasmtime::Result<Linker<StepState>> {
    let mut linker = Linker::new(engine);
    wit::add_to_linker::<StepState, Handles>(&mut linker, |state| HandlesView {
        table: &mut state.table,
    })?;
    for capability in capabilities {
        capability.link(&mut linker)?;
    }
    if !capabilities.iter().any(|capability| capability.interface() == "log") {
        quiet_log(&mut linker)?;
    }
    Ok(linker)
}

/// A linker in which every capability that the component imports traps.
pub(crate) fn nothing(
    engine: &wasmtime::Engine,
    component: &Component,
) -> wasmtime::Result<Linker<StepState>> {
    let mut linker = Linker::new(engine);
    // So that a panic in `describe` is told by its message.
    quiet_log(&mut linker)?;
    for (interface, import) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        if interface.starts_with("mavm:plugin/log@") {
            continue;
        }
        let mut linked = linker.instance(interface)?;
        for (name, export) in instance.exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(_) => {
                    let called = format!("{interface}#{name}");
                    linked.func_new(name, move |_, _, _, _| {
                        Err(CalledInDescribe(called.clone()).into())
                    })?;
                }
                ComponentItem::Resource(_) => {
                    linked.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(linker)
}

/// A log for plugins that aren't granted one: it keeps the last error line, to tell why the plugin
/// trapped, and drops the rest.
fn quiet_log(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    log::add_to_linker::<StepState, QuietLog>(linker, |state| QuietLogView { state })
}

struct QuietLog;

struct QuietLogView<'a> {
    state: &'a mut StepState,
}

impl HasData for QuietLog {
    type Data<'a> = QuietLogView<'a>;
}

impl log::Host for QuietLogView<'_> {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        if matches!(level, log::Level::Error) {
            self.state.last_error().note(&message);
        }
        Ok(())
    }
}

struct Handles;

struct HandlesView<'a> {
    table: &'a mut ResourceTable,
}

impl HasData for Handles {
    type Data<'a> = HandlesView<'a>;
}

impl wit::Host for HandlesView<'_> {}

impl wit::HostSecret for HandlesView<'_> {
    async fn name(&mut self, secret: Resource<Secret>) -> wasmtime::Result<String> {
        Ok(self.table.get(&secret)?.name.clone())
    }

    async fn drop(&mut self, secret: Resource<Secret>) -> wasmtime::Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}

impl wit::HostCode for HandlesView<'_> {
    async fn length(&mut self, code: Resource<Code>) -> wasmtime::Result<u32> {
        let characters = self.table.get(&code)?.value.expose_secret().chars().count();
        Ok(u32::try_from(characters).unwrap_or(u32::MAX))
    }

    async fn drop(&mut self, code: Resource<Code>) -> wasmtime::Result<()> {
        self.table.delete(code)?;
        Ok(())
    }
}
