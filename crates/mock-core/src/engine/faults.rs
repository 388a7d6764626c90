//! Faults of logins, channels and requests: what strikes is said in place of what would be decided.

use std::time::Duration;

use mock_base::event::ChannelKind;

use russh::ChannelId;

use super::{Engine, EngineError, Surroundings, channel::Channel};
use crate::{
    Answer, Credential, Method, Open, Verdict,
    fault::{Action, ChannelType, RequestType, Stage},
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meddling {
    /// It is refused.
    Fail,
    /// It is not answered.
    Silence,
}

impl Surroundings {
    /// The verdict on an attempt to log in that a fault takes; a delay is played here.
    pub(super) async fn login_fault(
        &self,
        credential: Credential<'_>,
    ) -> Result<Option<Verdict>, EngineError> {
        let scene = &self.scene;
        if scene.has_no_faults() {
            return Ok(None);
        }
        let method = credential.method();
        let asks_only = matches!(credential, Credential::None | Credential::KbdintStart { .. });
        let struck = scene.strike(|stage| match stage {
            Stage::Login(None) => !asks_only,
            Stage::Login(Some(named)) => *named == method && (!asks_only || method == Method::None),
            _ => false,
        });
        let mut verdict = None;
        for struck in struck {
            struck.record(scene.recorder());
            let why = format!("fault {}", struck.label());
            match struck.action() {
                Action::Delay(delay) => self.pause(scene.drawn(*delay, &struck)).await?,
                Action::Fail { left } => {
                    let mut rejected = Verdict::reject(why);
                    rejected.answer = Answer::Reject { left: left.clone() };
                    verdict = Some(rejected);
                }
                Action::Disconnect { reason, text } => {
                    let mut rejected = Verdict::reject(why);
                    rejected.answer = Answer::Disconnect { reason: *reason, text: text.clone() };
                    verdict = Some(rejected);
                }
                _ => {}
            }
        }
        Ok(verdict)
    }

    /// Waits, unless the connection is cut meanwhile.
    pub(super) async fn pause(&self, delay: Duration) -> Result<(), EngineError> {
        if delay.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = self.kill.cancelled() => Err(EngineError::Cut),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }
}

impl Engine {
    /// What a fault says to a channel that is to be opened.
    pub(super) fn channel_fault(&self, kind: &ChannelKind) -> Option<Open> {
        let of = match kind {
            ChannelKind::Session => ChannelType::Session,
            ChannelKind::DirectTcpip { .. } => ChannelType::DirectTcpip,
            ChannelKind::DirectStreamlocal { .. } => ChannelType::DirectStreamlocal,
            _ => return None,
        };
        let scene = &self.surroundings.scene;
        let struck = scene.strike_only(
            |stage| matches!(stage, Stage::Channel(wanted) if wanted.is_none_or(|wanted| wanted == of)),
            |action| *action != Action::NoWindow,
        );
        let mut open = None;
        for struck in struck {
            struck.record(scene.recorder());
            open = match struck.action() {
                Action::Refuse { reason, text } => Some(Open::Refuse { reason: *reason, text: text.clone() }),
                _ => Some(Open::Silence),
            };
        }
        open
    }

    /// What a fault makes of a request on a channel.
    pub(super) fn request_fault(&self, id: ChannelId, of: RequestType) -> Option<Meddling> {
        let scene = &self.surroundings.scene;
        let at = |stage: &Stage| matches!(stage, Stage::Request(wanted) if wanted.is_none_or(|wanted| wanted == of));
        // The engine answers a request for the agent by itself.
        let possible = |action: &Action| of != RequestType::Agent || *action != Action::Silence;
        let struck = scene.strike_only(at, possible);
        let recorder = self.channels.get(&id).map_or(scene.recorder(), Channel::recorder);
        for struck in &struck {
            struck.record(recorder);
        }
        struck.last().map(|struck| match struck.action() {
            Action::Silence => Meddling::Silence,
            _ => Meddling::Fail,
        })
    }
}
