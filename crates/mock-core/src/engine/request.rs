//! Requests on session channels: each is answered within its hook, and what is to run then runs in a task.

use std::sync::Arc;

use bytes::Bytes;
use mock_base::event::{
    self, AgentForward, Env, Exec as ExecEvent, Problem, Pty as PtyEvent, Secret, Shell as ShellEvent,
    SignalReceived, Subsystem as SubsystemEvent, X11Forward,
};
use russh::{ChannelId, server::Session};

use super::{Engine, EngineError, Opener, faults::Meddling, start};
use crate::{
    Control, Handler, Launch, Request, Wanted,
    fault::RequestType,
    forward::{Offer, Taken},
    handler::LaunchAnswer,
};

impl Engine {
    pub(super) fn env(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
    ) -> Result<Option<bool>, EngineError> {
        let fault = self.request_fault(id, RequestType::Env);
        let wanted = fault.is_none() && self.decide(|handler| handler.env(name, value))?;
        let Some(channel) = self.channels.get_mut(&id) else {
            return Ok(Some(false));
        };
        let accepted = wanted && channel.keep_env(name, value);
        if wanted && !accepted {
            channel.recorder().record(Problem::new("too many environment variables"));
        }
        channel.recorder().record(Env::new(name, value, accepted));
        Ok(answered(accepted, fault))
    }

    pub(super) fn pty(&mut self, id: ChannelId, mut pty: PtyEvent) -> Result<Option<bool>, EngineError> {
        let fault = self.request_fault(id, RequestType::Pty);
        pty.accepted = fault.is_none() && self.decide(|handler| handler.pty(&pty))?;
        let Some(channel) = self.channels.get_mut(&id) else {
            return Ok(Some(false));
        };
        let accepted = pty.accepted;
        channel.recorder().record(pty.clone());
        channel.pty = accepted.then_some(pty);
        Ok(answered(accepted, fault))
    }

    pub(super) fn agent(&mut self, id: ChannelId) -> Result<bool, EngineError> {
        let fault = self.request_fault(id, RequestType::Agent);
        let accepted = fault.is_none() && self.decide(|handler| handler.agent_forward())?;
        let taken = accepted.then(|| self.take_offer(Offer::Agent));
        if let Some(channel) = self.channels.get_mut(&id) {
            if !channel.agent_forwarding {
                channel.offers.extend(taken);
            }
            channel.agent_forwarding |= accepted;
            channel.recorder().record(AgentForward::new(accepted));
        }
        Ok(accepted)
    }

    fn take_offer(&self, offer: Offer) -> Arc<Taken> {
        let opener = Opener::new(&self.surroundings, self.recorder());
        self.surroundings.offered.take(offer, opener)
    }

    pub(super) fn x11(
        &mut self,
        id: ChannelId,
        single_connection: bool,
        protocol: &str,
        cookie: &str,
        screen: u32,
    ) -> Result<Option<bool>, EngineError> {
        let fault = self.request_fault(id, RequestType::X11);
        let accepted = fault.is_none() && self.decide(|handler| handler.x11_forward())?;
        let taken = accepted.then(|| self.take_offer(Offer::X11));
        if let Some(channel) = self.channels.get_mut(&id) {
            if channel.x11.is_none() {
                channel.offers.extend(taken);
            }
            let cookie = Secret::new(cookie).shown_if(self.surroundings.options.reveal_secrets);
            let x11 = X11Forward::new(single_connection, protocol, cookie, screen, accepted);
            channel.recorder().record(x11.clone());
            channel.x11 = accepted.then_some(x11);
        }
        Ok(answered(accepted, fault))
    }

    pub(super) fn window_change(
        &mut self,
        id: ChannelId,
        size: event::WindowChange,
    ) -> Result<bool, EngineError> {
        let accepted = self.decide(|handler| handler.window_change(&size))?;
        if let Some(channel) = self.channels.get(&id) {
            channel.recorder().record(size);
            if accepted {
                channel.controls.push(Control::WindowChange(size));
            }
        }
        Ok(accepted)
    }

    pub(super) fn signal_received(&mut self, id: ChannelId, name: String) -> Result<(), EngineError> {
        let accepted = self.decide(|handler| handler.signal(&name))?;
        if let Some(channel) = self.channels.get(&id) {
            channel.recorder().record(SignalReceived::new(name.clone()));
            if accepted {
                channel.controls.push(Control::Signal(name));
            }
        }
        Ok(())
    }

    /// A command, a shell or a subsystem is to be run.
    pub(super) fn launch(
        &mut self,
        id: ChannelId,
        wanted: Wanted,
        session: &mut Session,
    ) -> Result<(), EngineError> {
        let Some(channel) = self.channels.get_mut(&id) else {
            return Ok(());
        };
        if !channel.occupy() {
            // RFC 4254 section 6.5: only one of these requests can succeed per channel.
            channel.recorder().record(Problem::new("a second program was requested on a channel"));
            session.channel_failure(id)?;
            return Ok(());
        }
        let mut request = Request {
            wanted,
            user: self.user.clone(),
            peer: self.connection.peer(),
            local: self.connection.local(),
            connection: self.connection.number(),
            channel: channel.number,
            env: channel.env.clone(),
            pty: channel.pty.clone(),
            agent_forwarding: channel.agent_forwarding,
            x11: channel.x11.clone(),
            state: self.connection.state().clone(),
            call: 1,
            captures: Vec::new(),
            stdin: None,
            seed: self.connection.seed(),
        };
        let launch = match self.request_fault(id, asked_for(&request.wanted)) {
            None => self.decide(|handler| ask(handler, &request))?,
            Some(Meddling::Fail) => Launch::refuse(),
            Some(Meddling::Silence) => Launch::silence(),
        };
        let Some(channel) = self.channels.get_mut(&id) else {
            return Ok(());
        };
        let accepted = matches!(launch.answer, LaunchAnswer::Run(_));
        match &request.wanted {
            Wanted::Exec(command) => {
                let mut exec =
                    ExecEvent::new(Bytes::clone(command), accepted, launch.rule).by(request.user.clone());
                exec.hint = launch.hint;
                exec.call = exec.rule.is_some().then_some(launch.call);
                channel.recorder().record(exec);
            }
            Wanted::Shell => channel.recorder().record(ShellEvent::new(accepted)),
            Wanted::Subsystem(name) => channel.recorder().record(SubsystemEvent::new(name.clone(), accepted)),
        }
        request.call = launch.call;
        request.captures = launch.captures;
        match launch.answer {
            LaunchAnswer::Run(program) => {
                session.channel_success(id)?;
                let opener = Opener::new(&self.surroundings, self.connection.recorder());
                start::program(
                    channel,
                    &*program,
                    channel.session(request, opener),
                    &self.surroundings.tasks,
                );
            }
            LaunchAnswer::Refuse => {
                channel.vacate();
                session.channel_failure(id)?;
            }
            LaunchAnswer::Silence => {}
        }
        Ok(())
    }
}

/// What is answered, if anything.
fn answered(accepted: bool, fault: Option<Meddling>) -> Option<bool> {
    (fault != Some(Meddling::Silence)).then_some(accepted)
}

fn asked_for(wanted: &Wanted) -> RequestType {
    match wanted {
        Wanted::Exec(_) => RequestType::Exec,
        Wanted::Shell => RequestType::Shell,
        Wanted::Subsystem(_) => RequestType::Subsystem,
    }
}

fn ask(handler: &mut dyn Handler, request: &Request) -> Launch {
    match &request.wanted {
        Wanted::Exec(_) => handler.exec(request),
        Wanted::Shell => handler.shell(request),
        Wanted::Subsystem(name) => handler.subsystem(name, request),
    }
}
