//! Logins: what the engine asks becomes an attempt, and the verdict becomes what the engine says.

use std::sync::Arc;

use mock_base::event::{AuthAccepted, AuthAttempt, AuthOutcome, KeyOffered, Problem, PublicKeyInfo, Secret};
use russh::server::{Auth, Response};

use super::{Engine, EngineError, convert};
use crate::{
    Answer, Attempt, Credential, DisconnectReason, KbdintStarted, LoginRestricted, Method, Methods,
    Permissions, PromptAnswered, Round, Verdict, fault::Stage, host_key::public_line, keys::ssh_key::HashAlg,
};

/// Longest user name that is looked at, in bytes.
const LONGEST_USER_NAME: usize = 1024;

/// How many requests, offers and rounds included, a client may make for each refused attempt that it is allowed.
const REQUESTS_PER_ATTEMPT: u32 = 16;

impl Engine {
    /// Judges an attempt, records it, and says so to the client.
    pub(super) async fn judge(
        &mut self,
        user: &str,
        credential: Credential<'_>,
    ) -> Result<Auth, EngineError> {
        if let Some(why) = self.abuse(user) {
            // Said and recorded once; what comes until the client has heard it is not looked at.
            if self.surroundings.ended.get().is_none() {
                self.recorder().record(Problem::new(why));
                self.disconnect(DisconnectReason::ProtocolError, why.to_owned()).await;
            }
            return Ok(reject(&Methods::empty(), false));
        }
        if self.auth_requests == 1 {
            self.surroundings.scene.reach(Stage::Auth);
        }
        self.surroundings.scene.user_is(user);
        if let Credential::KeyOffered { .. } = credential {
            return self.judge_offer(user, credential).await;
        }
        self.attempts += 1;
        self.record_dialogue(user, credential);
        let mut event = self.attempt_event(user, credential);
        let surroundings = Arc::clone(&self.surroundings);
        let mut verdict = match surroundings.login_fault(credential).await? {
            Some(verdict) => verdict,
            None => self.ask(user, credential).await?,
        };
        if matches!(verdict.answer, Answer::Ask(_)) && credential.method() != Method::KeyboardInteractive {
            let text = format!("{} cannot be answered with prompts: rejected", credential.method());
            self.recorder().record(Problem::new(text));
            verdict.answer = Answer::Reject { left: None };
        }
        event.why = verdict.why.into_owned();
        let (outcome, left) = match &verdict.answer {
            Answer::Accept => (AuthOutcome::Accepted, None),
            Answer::Reject { left } => (AuthOutcome::Rejected, Some(self.left(user, left.clone())?)),
            Answer::Partial { left } => (AuthOutcome::Partial, Some(left.clone())),
            Answer::Ask(_) => (AuthOutcome::Prompted, None),
            Answer::Disconnect { .. } => (AuthOutcome::Disconnected, Some(self.left(user, None)?)),
        };
        let left = left.unwrap_or_default();
        event.outcome = outcome;
        event.methods_left = left.iter().map(|method| method.name().to_owned()).collect();
        self.recorder().record(event);
        match verdict.answer {
            Answer::Accept => {
                self.accepted(user, credential.method(), &verdict.permissions);
                Ok(Auth::Accept)
            }
            Answer::Ask(round) => Ok(self.prompts(round)),
            Answer::Partial { .. } => Ok(reject(&left, true)),
            Answer::Reject { .. } => {
                self.count_rejection(credential.method()).await;
                Ok(reject(&left, false))
            }
            Answer::Disconnect { reason, text } => {
                self.disconnect(reason, text).await;
                Ok(reject(&left, false))
            }
        }
    }

    /// Requests that no client makes to log in. Offers and rounds are not refusals, so the limit of those does not end
    /// them.
    fn abuse(&mut self, user: &str) -> Option<&'static str> {
        self.auth_requests = self.auth_requests.saturating_add(1);
        let most = self.surroundings.options.max_auth_attempts.saturating_mul(REQUESTS_PER_ATTEMPT);
        if user.len() > LONGEST_USER_NAME {
            Some("the user name is longer than 1024 bytes")
        } else if self.auth_requests > most {
            Some("too many authentication requests")
        } else {
            None
        }
    }

    /// Judges a key that is offered without a signature: a question, so it logs nobody in.
    async fn judge_offer(&mut self, user: &str, credential: Credential<'_>) -> Result<Auth, EngineError> {
        let Credential::KeyOffered { key, algorithm } = credential else {
            return Ok(Auth::reject());
        };
        let verdict = self.ask(user, credential).await?;
        let welcome = matches!(verdict.answer, Answer::Accept);
        self.recorder().record(KeyOffered::new(user, key_info(key, algorithm), welcome, verdict.why));
        match verdict.answer {
            Answer::Accept => Ok(Auth::Accept),
            Answer::Reject { left } => {
                let left = self.left(user, left)?;
                self.count_rejection(Method::PublicKey).await;
                Ok(reject(&left, false))
            }
            Answer::Disconnect { reason, text } => {
                self.disconnect(reason, text).await;
                Ok(reject(&Methods::empty(), false))
            }
            Answer::Partial { .. } | Answer::Ask(_) => {
                let text = "an offered key can only be accepted or rejected: rejected";
                self.recorder().record(Problem::new(text));
                let left = self.left(user, None)?;
                Ok(reject(&left, false))
            }
        }
    }

    /// Asks the handler, and plays the delay that it wants.
    async fn ask(&mut self, user: &str, credential: Credential<'_>) -> Result<Verdict, EngineError> {
        let number =
            if let Credential::KeyOffered { .. } = credential { self.attempts + 1 } else { self.attempts };
        let attempt = Attempt::new(user, credential).numbered(number);
        let verdict = self.decide(|handler| handler.auth(&attempt))?;
        let surroundings = Arc::clone(&self.surroundings);
        surroundings.pause(verdict.after).await?;
        Ok(verdict)
    }

    fn left(&mut self, user: &str, left: Option<Methods>) -> Result<Methods, EngineError> {
        match left {
            Some(left) => Ok(left),
            None => self.decide(|handler| handler.auth_methods(user)),
        }
    }

    fn attempt_event(&self, user: &str, credential: Credential<'_>) -> AuthAttempt {
        let mut event = AuthAttempt::new(user, credential.method().name(), self.attempts);
        let shown = self.surroundings.options.reveal_secrets;
        let secret = |text: &str| Secret::new(text).shown_if(shown);
        match credential {
            Credential::Password(password) => event.secrets = vec![secret(password)],
            Credential::KbdintAnswers(answers) => {
                event.secrets = answers.iter().map(|answer| secret(answer)).collect();
            }
            Credential::KeySigned { key, algorithm } => event.key = Some(key_info(key, algorithm)),
            Credential::Certificate(certificate) => {
                let key = crate::keys::PublicKey::new(certificate.public_key().clone(), "");
                event.key = Some(key_info(&key, &certificate.algorithm().to_certificate_type()));
            }
            _ => {}
        }
        event
    }

    /// Asks a round, and keeps its prompts to say what was answered to which.
    fn prompts(&mut self, round: Round) -> Auth {
        let prompts = round.prompts.iter().map(|prompt| (prompt.text.clone().into(), prompt.echo)).collect();
        self.asked = (self.asked.0.saturating_add(1), round.prompts);
        Auth::Partial { name: round.name.into(), instructions: round.instructions.into(), prompts }
    }

    /// Records that keyboard-interactive was begun, or what was answered to each prompt. Anything else ends a round.
    fn record_dialogue(&mut self, user: &str, credential: Credential<'_>) {
        let (round, prompts) = std::mem::take(&mut self.asked);
        let user = user.to_owned();
        match credential {
            Credential::KbdintStart { submethods } => {
                self.recorder().operation(KbdintStarted { user, submethods: submethods.to_owned() });
            }
            Credential::KbdintAnswers(answers) => {
                let shown = self.surroundings.options.reveal_secrets;
                let secret = |answer: &String| Secret::new(answer.as_str()).shown_if(shown);
                for (index, prompt) in prompts.into_iter().enumerate() {
                    let answer = answers.get(index).map(secret);
                    let (user, prompt, echo) = (user.clone(), prompt.text, prompt.echo);
                    self.recorder().operation(PromptAnswered { user, round, prompt, echo, answer });
                }
                self.asked.0 = round;
            }
            _ => {}
        }
    }

    fn accepted(&mut self, user: &str, method: Method, permissions: &Permissions) {
        user.clone_into(&mut self.user);
        self.recorder().record(AuthAccepted::new(user, method.name(), self.attempts));
        if !permissions.is_unrestricted() {
            let (user, options) = (user.to_owned(), permissions.to_string());
            self.recorder().operation(LoginRestricted { user, options });
        }
        self.surroundings.authenticated.cancel();
    }

    /// OpenSSH ends a connection at its limit, with this code and text; the probing `none` does not count there.
    async fn count_rejection(&mut self, method: Method) {
        if method == Method::None {
            return;
        }
        self.rejections += 1;
        if self.rejections >= self.surroundings.options.max_auth_attempts {
            self.disconnect(DisconnectReason::ProtocolError, "Too many authentication failures".into()).await;
        }
    }

    /// Ends the connection behind the answer that is about to be sent.
    async fn disconnect(&mut self, reason: DisconnectReason, text: String) {
        let _said_before = self.surroundings.ended.set(text.clone());
        if let Some(handle) = self.surroundings.handle.get() {
            // The session's queue has room: nothing else runs on a connection before the login.
            let _gone = handle.disconnect(convert::disconnect(reason), text, String::new()).await;
        }
    }
}

/// Always names the methods: left to itself, the engine would drop the one just tried.
fn reject(left: &Methods, partial_success: bool) -> Auth {
    Auth::Reject { proceed_with_methods: Some(convert::method_set(left)), partial_success }
}

fn key_info(key: &crate::keys::PublicKey, algorithm: &str) -> PublicKeyInfo {
    PublicKeyInfo::new(algorithm, key.fingerprint(HashAlg::Sha256).to_string(), public_line(key))
}

/// The answers of a keyboard-interactive round. One that is not UTF-8 cannot be right.
pub(super) fn answers(response: Response<'_>) -> Vec<String> {
    response.map(|answer| String::from_utf8_lossy(&answer).into_owned()).collect()
}
