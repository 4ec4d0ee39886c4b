//! The WIT side of `aws`.

use std::any::Any;
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::aws;
use mavm_plugin::{Capability, Failure, StepRequest, StepState};
use wasmtime::component::{HasData, Linker};

use super::arn::RoleArn;
use super::provider::{Assumed, Aws};
use crate::waiting::{StepTime, Stop, answer, not_now};

/// The capability: give it to the plugin runtime.
pub struct AwsCalls {
    aws: Arc<dyn Aws>,
}

impl AwsCalls {
    /// Calls go to `aws`.
    pub fn new(aws: Arc<dyn Aws>) -> Self {
        Self { aws }
    }

    pub(super) fn begin(&self, step: &Arc<StepRequest>) -> PerStep {
        PerStep { aws: self.aws.clone(), time: StepTime::start(step), step: step.clone() }
    }
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = AwsView<'a>;
}

impl Capability for AwsCalls {
    fn interface(&self) -> &'static str {
        "aws"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        aws::add_to_linker::<StepState, Linked>(linker, |state| AwsView {
            mine: state.host::<PerStep>().0,
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.begin(step))
    }
}

pub(super) struct PerStep {
    aws: Arc<dyn Aws>,
    time: StepTime,
    step: Arc<StepRequest>,
}

impl PerStep {
    async fn assume_role(&self, arn: &str) -> Result<Assumed, Stop> {
        let role = RoleArn::new(arn).map_err(Failure::Invalid)?;
        // Whether a role elsewhere would let the operator in is nothing a plugin may find out.
        let own = self.step.account.id.as_deref();
        if own != Some(role.account()) {
            return Err(Failure::Denied(format!(
                "the role {} is not in this run's own account ({}); a plugin may try no other",
                role.as_str(),
                own.unwrap_or("whose number is not known yet")
            ))
            .into());
        }
        let session = format!("mavm-{}", self.step.account.name);
        let answer = self.aws.assume_role(&role, &session, self.time.rest()).await;
        Ok(answer.map_err(|error| Failure::Network(error.to_string()))?)
    }
}

/// One call's view of the step.
pub struct AwsView<'a> {
    pub(super) mine: Option<&'a mut PerStep>,
}

impl aws::Host for AwsView<'_> {
    async fn assume_role(
        &mut self,
        role_arn: String,
    ) -> wasmtime::Result<Result<aws::Assumed, Failure>> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("aws.assume-role"))?;
        let assumed = mine.assume_role(&role_arn).await;
        answer(assumed.map(|assumed| match assumed {
            Assumed::Allowed(session) => aws::Assumed::Allowed(session),
            Assumed::AccessDenied(words) => aws::Assumed::AccessDenied(words),
        }))
    }
}
