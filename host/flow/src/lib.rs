//! Flows: what they are ([`definition`]), how a run goes on from its journal ([`machine`]), who does
//! the work ([`worker`]) and what starts it ([`trigger`]).
//!
//! This crate drives no page and knows no capability: steps are done by whatever implements
//! [`Steps`], and everything that must outlive the host goes through [`mavm_store::Store`].

mod clock;
pub mod definition;
mod flows;
pub mod machine;
mod template;
pub mod trigger;
mod view;
pub mod worker;

pub use clock::{Clock, SystemClock};
pub use definition::{Catalogue, Flow, Problem, Problems};
pub use flows::{FlowTexts, Flows, TextError, embedded};
pub use template::TemplateError;
pub use trigger::{EmailPattern, StartError, Starter, Triggers};
pub use view::{RunView, StepView};
pub use worker::{Parts, Plugins, Steps, Worker, WorkerOptions};
