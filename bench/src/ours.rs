//! Our server, as a test of one thread runs it.

use mock_auth::AcceptAny;
use mock_core::MockSshServer;
use mock_sftp::{MemFs, Sftp};

use crate::process::announce;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve() {
    // The other servers keep no journal, least of all one with the content of every upload.
    let sftp = Sftp::new(MemFs::new()).without_contents();
    let server = MockSshServer::builder().auth(AcceptAny).subsystem("sftp", sftp).start().await.unwrap();
    announce(server.addr());
    server.closed().await;
}
