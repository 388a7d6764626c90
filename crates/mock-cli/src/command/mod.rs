//! One module for each subcommand, each with one function that obeys its arguments.

pub(crate) mod agent;
mod check;
mod profiles;
mod serve;
mod sftp_server;
mod verify;

use crate::{
    args::{Args, Command},
    error::Error,
};

pub(crate) fn run(args: Args) -> Result<(), Error> {
    match args.command {
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Verify(verify)) => verify::run(&verify),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::Agent(agent)) => agent::run(&agent),
        Some(Command::Profiles(profiles)) => profiles::run(&profiles),
        Some(Command::SftpServer(sftp_server)) => sftp_server::run(&sftp_server),
        None => serve::run(&args.serve),
    }
}
