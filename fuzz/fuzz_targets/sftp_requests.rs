//! Any packet, as each message that it may be: what is understood is written again and understood as the same.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use mock_sftp::wire::{Init, Limits, NamesById, Reply, Request, StatVfs, Version};

fuzz_target!(|packet: &[u8]| {
    macro_rules! again {
        ($message:ty) => {
            if let Ok(message) = <$message>::decode(packet) {
                let mut written = BytesMut::new();
                message.encode(&mut written);
                assert_eq!(<$message>::decode(&written[4..]), Ok(message));
            }
        };
    }
    again!(Init<'_>);
    again!(Version<'_>);
    again!(Request<'_>);
    again!(Reply<'_>);
    let _ids = (Request::id_of(packet), Limits::decode(packet), StatVfs::decode(packet));
    let _names = NamesById::decode(packet);
});
