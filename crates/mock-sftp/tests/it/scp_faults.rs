//! Faults of SCP: what the client is told, what has arrived, and how the command ends.

use mock_base::{Events, Journal};
use mock_sftp::{MemFs, Scp, ScpCause, ScpEvents as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use crate::scp_client::home;

struct Came {
    fs: MemFs,
    answers: String,
    status: u32,
    events: Events,
}

/// Runs a command for a client that says this, while this goes wrong.
async fn run(fault: &str, command: &str, says: &[u8]) -> Came {
    let (fs, journal) = (home(), Journal::new());
    fs.write("/home/anna/there", "0123456789").unwrap();
    let scp = Scp::new(fs.clone()).record_to(journal.recorder("scp"));
    let scp = scp.fault(fault.parse().unwrap()).unwrap();
    let (client, server) = duplex(4096);
    let (mut reader, mut writer) = tokio::io::split(client);
    writer.write_all(says).await.unwrap();
    writer.shutdown().await.unwrap();
    let mut answers = Vec::new();
    let (status, _) =
        tokio::join!(scp.serve(server, command.as_bytes(), "anna"), reader.read_to_end(&mut answers));
    let (answers, events) = (answers.escape_ascii().to_string(), journal.events());
    assert_eq!(events.faults().len(), 1, "{}", events.timeline());
    Came { fs, answers, status: status.unwrap(), events }
}

const TWO: &[u8] = b"C0644 3 one\nC0644 3 two\nabc\0";

#[tokio::test]
async fn a_file_is_refused_and_the_next_arrives() {
    let came = run("scp upload */one: warn \"quota exceeded\"", "scp -t .", TWO).await;
    assert_eq!((came.answers.as_str(), came.status), ("\\x00\\x01scp: quota exceeded\\n\\x00\\x00", 1));
    assert!(!came.fs.exists("/home/anna/one"));
    assert_eq!(came.fs.read("/home/anna/two").unwrap(), "abc");
    assert_eq!(came.events.scp_ops()[0].cause, Some(ScpCause::Fault));
    let came = run("scp download: warn no", "scp -f there", b"\0\0").await;
    assert_eq!((came.answers.as_str(), came.status), ("\\x01scp: no\\n", 1));
}

#[tokio::test]
async fn a_copy_is_over() {
    let came = run("scp any: fatal \"disk on fire\"", "scp -t .", TWO).await;
    assert_eq!((came.answers.as_str(), came.status), ("\\x00\\x02scp: disk on fire\\n", 1));
}

#[tokio::test]
async fn a_disk_is_full_within_a_file() {
    let came = run("scp upload: no-space after 2", "scp -t .", b"C0644 3 one\nabc\0").await;
    assert_eq!(came.answers, "\\x00\\x00\\x01scp: ./one: No space left on device\\n");
    assert_eq!((came.fs.read("/home/anna/one").unwrap().as_ref(), came.status), (&b"ab"[..], 1));
    assert_eq!(came.events.scp_ops()[0].bytes, 2);
}

#[tokio::test]
async fn a_copy_is_cut_within_a_file() {
    let came = run("scp upload: close-channel after 2", "scp -t .", b"C0644 3 one\nabc\0").await;
    assert_eq!(came.answers, "\\x00\\x00");
    assert_eq!(came.fs.read("/home/anna/one").unwrap(), "ab");
    let came = run("scp download: close after 4", "scp -f there", b"\0\0\0\0").await;
    assert_eq!(came.answers, "C0644 10 there\\n0123");
}

#[tokio::test]
async fn it_ends_with_another_status_however_it_went() {
    let came = run("scp download: exit 3", "scp -f there", b"\0\0\0\0").await;
    assert_eq!((came.answers.as_str(), came.status), ("C0644 10 there\\n0123456789\\x00", 3));
}

#[tokio::test]
async fn a_login_script_is_heard_before() {
    let came = run("scp download: say \"Welcome\\n\"", "scp -f there", b"\0\0\0\0").await;
    assert_eq!(came.answers, "Welcome\\nC0644 10 there\\n0123456789\\x00");
}

#[tokio::test(start_paused = true)]
async fn silence_and_stalls_last_as_long_as_somebody_waits() {
    for (fault, answers) in [
        ("scp upload: silence", &b"\0\0"[..]),
        ("scp upload: stall after 2", b"\0\0"),
        ("scp upload: stall", b"\0"),
        ("scp upload: delay 10m", b"\0\0\0"),
    ] {
        let (fs, journal) = (home(), Journal::new());
        let scp = Scp::new(fs).record_to(journal.recorder("scp")).fault(fault.parse().unwrap()).unwrap();
        let (mut client, server) = duplex(4096);
        let serving = tokio::spawn(async move { scp.serve(server, b"scp -t .", "anna").await });
        client.write_all(b"C0644 3 one\nabc\0").await.unwrap();
        let mut came = Vec::new();
        let hour = std::time::Duration::from_secs(3600);
        let waited = tokio::time::timeout(hour, client.read_to_end(&mut came)).await;
        assert!(waited.is_err(), "{fault}");
        assert_eq!(came, answers, "{fault}");
        assert_eq!(journal.events().faults().len(), 1);
        if fault.contains("delay") {
            serving.abort();
            continue;
        }
        drop(client);
        assert_eq!(serving.await.unwrap().unwrap(), 1, "{fault}");
        let cause = (fault != "scp upload: silence").then_some(ScpCause::ChannelEnded);
        assert_eq!(journal.events().scp_ops()[0].cause, cause, "{fault}");
    }
}
