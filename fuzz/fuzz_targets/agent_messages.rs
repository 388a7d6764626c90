//! Any bytes, as an agent's client or an agent sends them: each frame is read or refused, and what is understood is written
//! in a way that is understood again.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use mock_agent::{Frame, Purpose, Request, Response};

fuzz_target!(|bytes: &[u8]| {
    let mut buffer = BytesMut::from(bytes);
    while let Ok(Some(frame)) = Frame::take(&mut buffer) {
        if let Ok(response) = Response::decode(&frame) {
            let written = response.to_frame();
            assert_eq!(Response::decode(&written).expect("we wrote it").to_frame(), written);
        }
        let request = Request::decode(frame);
        if let Request::Sign(sign) = &request {
            let _whatever = Purpose::of(&sign.data);
        }
        let written = request.to_frame();
        assert_eq!(Request::decode(written.clone()).to_frame(), written);
    }
});
