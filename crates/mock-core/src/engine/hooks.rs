//! The engine's hooks, one after the other; each says in our words what is asked, and answers in the engine's.

use mock_base::event::{Banner, ChannelKind, Problem, Pty as PtyEvent, WindowChange};
use russh::{
    Channel, ChannelId, Pty, Sig,
    keys::Certificate,
    server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey},
};

use super::{Engine, EngineError, auth, channel::Channel as OurChannel, convert, window};
use crate::{Credential, Listen, Wanted, fault::Stage};

type Hook<T = ()> = Result<T, EngineError>;

/// Answers a request on a channel, unless a fault keeps silent; the engine keeps quiet where no reply is wanted.
fn answer(session: &mut Session, id: ChannelId, accepted: Option<bool>) -> Hook {
    let Some(accepted) = accepted else { return Ok(()) };
    if accepted {
        session.channel_success(id)?;
    } else {
        session.channel_failure(id)?;
    }
    Ok(())
}

impl server::Handler for Engine {
    type Error = EngineError;

    async fn authentication_banner(&mut self) -> Hook<Option<String>> {
        let banner = self.decide(|handler| handler.banner())?;
        if let Some(text) = &banner {
            self.recorder().record(Banner::new(text.clone()));
        }
        Ok(banner)
    }

    async fn auth_none(&mut self, user: &str) -> Hook<Auth> {
        self.judge(user, Credential::None).await
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Hook<Auth> {
        self.judge(user, Credential::Password(password)).await
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Hook<Auth> {
        let credential =
            Credential::KeyOffered { key: offer.public_key, algorithm: offer.algorithm.as_str() };
        self.judge(user, credential).await
    }

    async fn auth_publickey(&mut self, user: &str, verified: VerifiedPublicKey<'_>) -> Hook<Auth> {
        let credential =
            Credential::KeySigned { key: verified.public_key, algorithm: verified.algorithm.as_str() };
        self.judge(user, credential).await
    }

    async fn auth_openssh_certificate(&mut self, user: &str, certificate: &Certificate) -> Hook<Auth> {
        self.judge(user, Credential::Certificate(certificate)).await
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        submethods: &str,
        response: Option<Response<'a>>,
    ) -> Hook<Auth> {
        match response {
            None => self.judge(user, Credential::KbdintStart { submethods }).await,
            Some(response) => {
                let answers = auth::answers(response);
                self.judge(user, Credential::KbdintAnswers(&answers)).await
            }
        }
    }

    async fn auth_succeeded(&mut self, _: &mut Session) -> Hook {
        self.surroundings.scene.reach(Stage::Session);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Hook {
        self.open(channel, ChannelKind::Session, reply, session.handle()).await
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        originator: &str,
        originator_port: u32,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Hook {
        let (host, originator) = (host.to_owned(), originator.to_owned());
        let kind = ChannelKind::DirectTcpip { host, port, originator, originator_port };
        self.open(channel, kind, reply, session.handle()).await
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Hook {
        let kind = ChannelKind::DirectStreamlocal { path: path.to_owned() };
        self.open(channel, kind, reply, session.handle()).await
    }

    async fn channel_open_x11(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Hook {
        self.open(channel, ChannelKind::ServerOnly { name: "x11".to_owned() }, reply, session.handle()).await
    }

    async fn channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Hook {
        self.open(
            channel,
            ChannelKind::ServerOnly { name: "forwarded-tcpip".to_owned() },
            reply,
            session.handle(),
        )
        .await
    }

    async fn channel_open_confirmation(
        &mut self,
        id: ChannelId,
        _: u32,
        _: u32,
        session: &mut Session,
    ) -> Hook {
        self.confirmed(id, session);
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Hook {
        if let Some(channel) = self.channels.remove(&id) {
            channel.close();
            channel.shared.session_ended();
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _: &mut Session) -> Hook {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.end();
        }
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], session: &mut Session) -> Hook {
        let Some(channel) = self.channels.get_mut(&id) else {
            return Ok(());
        };
        if channel.receive(data) > window::UNREAD_LIMIT {
            let text = format!("channel closed: more than {} bytes wait to be read", window::UNREAD_LIMIT);
            channel.recorder().record(Problem::new(text));
            channel.close();
            session.close(id)?;
        }
        Ok(())
    }

    fn adjust_window(&mut self, id: ChannelId, _: u32) -> u32 {
        let unread = self.channels.get(&id).map_or(0, OurChannel::unread);
        window::size_for(unread, self.surroundings.options.window)
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Hook {
        let modes = convert::terminal_modes(modes);
        let accepted = self.pty(id, PtyEvent::new(term, columns, rows, width, height, modes, false))?;
        answer(session, id, accepted)
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        single_connection: bool,
        protocol: &str,
        cookie: &str,
        screen: u32,
        session: &mut Session,
    ) -> Hook {
        let accepted = self.x11(id, single_connection, protocol, cookie, screen)?;
        answer(session, id, accepted)
    }

    async fn env_request(&mut self, id: ChannelId, name: &str, value: &str, session: &mut Session) -> Hook {
        let accepted = self.env(id, name, value)?;
        answer(session, id, accepted)
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Session) -> Hook {
        self.launch(id, Wanted::Shell, session)
    }

    async fn exec_request(&mut self, id: ChannelId, command: &[u8], session: &mut Session) -> Hook {
        self.launch(id, Wanted::Exec(command.to_vec().into()), session)
    }

    async fn subsystem_request(&mut self, id: ChannelId, name: &str, session: &mut Session) -> Hook {
        self.launch(id, Wanted::Subsystem(name.to_owned()), session)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        session: &mut Session,
    ) -> Hook {
        let accepted = self.window_change(id, WindowChange::new(columns, rows, width, height))?;
        answer(session, id, Some(accepted))
    }

    async fn agent_request(&mut self, id: ChannelId, _: &mut Session) -> Hook<bool> {
        self.agent(id)
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _: &mut Session) -> Hook {
        self.signal_received(id, convert::signal_name(signal))
    }

    async fn tcpip_forward(&mut self, address: &str, port: &mut u32, _: &mut Session) -> Hook<bool> {
        let bound = self.listen(Listen::Tcp { address: address.to_owned(), port: *port })?;
        if let Some(bound) = bound.filter(|_| *port == 0) {
            *port = bound;
        }
        Ok(bound.is_some())
    }

    async fn cancel_tcpip_forward(&mut self, address: &str, port: u32, _: &mut Session) -> Hook<bool> {
        self.cancel_listen(&Listen::Tcp { address: address.to_owned(), port })
    }

    async fn streamlocal_forward(&mut self, path: &str, _: &mut Session) -> Hook<bool> {
        Ok(self.listen(Listen::Unix { path: path.to_owned() })?.is_some())
    }

    async fn cancel_streamlocal_forward(&mut self, path: &str, _: &mut Session) -> Hook<bool> {
        self.cancel_listen(&Listen::Unix { path: path.to_owned() })
    }
}
