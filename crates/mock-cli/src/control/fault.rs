//! What becomes of requests about faults.

use super::{
    answer::{Answer, Code, Done, Failure, FaultLine, FaultNumber, Faults},
    request::{FaultAdd, FaultRemove, FaultSwitch},
};
use crate::fault::{Board, Fault, Refused};

pub(super) fn add(request: &FaultAdd, board: &Board) -> Result<Answer, Failure> {
    let fault: Result<Fault, _> = request.fault.parse();
    let added = fault.map_err(Refused::from).and_then(|fault| board.add(fault, request.on));
    let number = added.map_err(|refused| Failure::new(Code::BadFault, refused.to_string()))?;
    Ok(Answer::FaultNumber(FaultNumber { number }))
}

pub(super) fn remove(request: &FaultRemove, board: &Board) -> Result<Answer, Failure> {
    done(board.remove(request.number), request.number)
}

pub(super) fn switch(request: &FaultSwitch, board: &Board) -> Result<Answer, Failure> {
    done(board.switch(request.number, request.on), request.number)
}

pub(super) fn list(board: &Board) -> Answer {
    let line = |(number, info): (u64, mock_base::fault::FaultInfo)| FaultLine {
        number,
        label: info.label,
        fault: info.fault,
        on: info.on,
        struck: info.struck,
    };
    Answer::Faults(Faults { faults: board.list().into_iter().map(line).collect() })
}

fn done(was_there: bool, number: u64) -> Result<Answer, Failure> {
    if was_there {
        return Ok(Answer::Done(Done {}));
    }
    let text = format!("there is no fault with the number {number}");
    Err(Failure::new(Code::NotFound, text).hint("`fault.list` lists those there are".to_owned()))
}
