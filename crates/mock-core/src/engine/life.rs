//! What the journal says of a channel's life, in its order: opened, the end of the data, closed.
//!
//! A channel that this server opens lives before the task that asked for it can say what it is, and may be over by then.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mock_base::{
    Recorder,
    event::{ChannelClosed, ChannelKind, ChannelOpened, StdinEof},
};

#[derive(Debug, Default)]
pub(super) struct Life {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    opened: bool,
    /// What waits until it is said that the channel is opened.
    end: Option<StdinEof>,
    closed: Option<ChannelClosed>,
    is_closed: bool,
}

impl Life {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel is opened. Says so, and what is known already of its end.
    pub(super) fn open(&self, recorder: &Recorder, kind: ChannelKind) {
        let mut said = self.said();
        said.opened = true;
        recorder.record(ChannelOpened::new(kind));
        if let Some(end) = said.end.take() {
            recorder.record(end);
        }
        if let Some(closed) = said.closed.take() {
            recorder.record(closed);
        }
    }

    /// The client will send no more.
    pub(super) fn end(&self, recorder: &Recorder, end: StdinEof) {
        let mut said = self.said();
        if said.opened {
            recorder.record(end);
        } else {
            said.end = Some(end);
        }
    }

    /// The channel is closed, from whichever side; said once. Nothing is said of one that is never opened.
    pub(super) fn close(&self, recorder: &Recorder, closed: ChannelClosed) {
        let mut said = self.said();
        if said.is_closed {
            return;
        }
        said.is_closed = true;
        if said.opened {
            recorder.record(closed);
        } else {
            said.closed = Some(closed);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.said().is_closed
    }
}

#[cfg(test)]
mod tests {
    use mock_base::Journal;

    use super::*;

    #[derive(Clone, Copy)]
    enum Step {
        Open,
        End,
        Close,
    }

    /// What the journal has after these.
    fn told(steps: &[Step]) -> Vec<&'static str> {
        let (life, journal) = (Life::default(), Journal::new());
        let recorder = journal.recorder("default");
        for step in steps {
            match step {
                Step::Open => life.open(&recorder, ChannelKind::Agent),
                Step::End => life.end(&recorder, StdinEof::new(0_u64)),
                Step::Close => life.close(&recorder, ChannelClosed::new(0_u64, 0_u64)),
            }
        }
        journal.events().all().iter().map(|event| event.kind.name()).collect()
    }

    #[test]
    fn whatever_comes_first_the_story_has_its_order() {
        use Step::{Close, End, Open};
        let story = ["channel_opened", "stdin_eof", "channel_closed"];
        assert_eq!(told(&[Open, End, Close, Close]), story);
        assert_eq!(told(&[End, Open, Close]), story);
        assert_eq!(told(&[End, Close, Open]), story);
        assert_eq!(told(&[Close, Open]), ["channel_opened", "channel_closed"]);
        assert!(told(&[Close]).is_empty());
    }
}
