//! One module for each subcommand, each with one function that obeys its arguments.

mod serve;

use crate::{
    args::{Args, Command},
    error::Error,
};

pub(crate) fn run(args: Args) -> Result<(), Error> {
    match args.command {
        Some(Command::Serve(serve)) => serve::run(&serve),
        None => serve::run(&args.serve),
    }
}
