//! `mock-ssh verify`: a server, a command that runs against it, and whether what was expected came.
//!
//! The command has the terminal, so this prints nothing before the end, and what it prints then goes to standard error. With
//! `--json` standard output is JSON only; what the command prints goes to standard error as well.

use std::sync::Arc;

use serde_json::json;

use crate::{
    args::VerifyArgs,
    command::serve,
    control::{Control, ControlledLab, Endpoint},
    error::Error,
    junit::JUnit,
    lab::Purpose,
    output,
    outputs::{Ending, JsonLines, Outputs},
    ready::Ready,
    run::{CommandEnd, Program},
    signals::Signals,
    verdict::Verdict,
};

pub(crate) fn run(args: &VerifyArgs) -> Result<(), Error> {
    serve::in_runtime(verify(args))
}

async fn verify(args: &VerifyArgs) -> Result<(), Error> {
    let mut signals = Signals::receive(args.server.listen.exit_with_parent).map_err(Error::Signals)?;
    let for_a_program = args.output.json || args.output.events_on_stdout();
    let program = Program::parse(&args.command, for_a_program)?;
    let lines = JsonLines::open(&args.output, args.output.json)?;
    let junit = args.junit.clone().map(JUnit::open).transpose()?;
    let endpoint = Endpoint::open(args.control.as_deref()).await?;
    let purpose = Purpose { port: args.port(), expect: &args.expect, is_asked: true };
    let mut lab = tokio::select! {
        lab = serve::start(&args.server, purpose) => lab?,
        _before_it_began = signals.next() => return Err(Error::NotRun),
    };
    lab.control = endpoint.as_ref().and_then(Endpoint::path);
    serve::warn(&lab, &args.server);
    if args.output.json {
        output::to_program(&format!("{}\n", json!(Ready::new(&lab))));
    }
    let lab = Arc::new(lab);
    let mut outputs = Outputs::new(lab.server.journal().events(), lab.server.name());
    outputs.journal(lines);
    let control = Control::start_for_command(endpoint, ControlledLab::new(&lab));

    let ran = program.run(&lab, &mut signals).await;
    control.end().await;
    let lab = Arc::into_inner(lab).ok_or(Error::Busy)?;
    let name = lab.server.name().to_owned();
    let stopped = tokio::select! {
        stopped = lab.stop() => stopped?,
        () = signals.interrupt() => return Err(Error::Interrupted),
    };
    let (command, reason) = match ran {
        Ok(ran) => ran,
        Err(error) => {
            outputs.end(None).await?;
            return Err(error);
        }
    };
    let ending = Ending { reason, verdict: Some(&stopped.verdict), command: command.to_json() };
    let last_line = outputs.last_line(&ending).filter(|_| args.output.json);
    let written = junit.map_or(Ok(()), |junit| junit.write(&name, &command, &stopped));
    let shown = outputs.end(last_line).await;
    conclude(stopped.verdict, command).and(written).and(shown)
}

/// What is unmet counts more than how the command ended: it is what this was started for.
fn conclude(verdict: Verdict, command: CommandEnd) -> Result<(), Error> {
    if let Some(report) = verdict.unmet {
        let command = Some(command).filter(|command| !command.succeeded());
        return Err(Error::Unmet { report, command });
    }
    if verdict.checked > 0 {
        let (count, were) = (verdict.checked, if verdict.checked == 1 { "was" } else { "were" });
        let expectations = if count == 1 { "expectation" } else { "expectations" };
        output::note(&format!("{count} {expectations} {were} met"));
    }
    if command.succeeded() { Ok(()) } else { Err(Error::CommandFailed(command)) }
}
