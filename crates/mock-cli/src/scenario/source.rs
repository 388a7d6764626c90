//! The text of one file: where each byte of it stands, and what is wrong with it.
//!
//! Problems are collected and never returned. So whoever reads a value goes on with the next one, and a person sees
//! everything at once.

use std::{
    cell::RefCell,
    ops::Range,
    path::{Path, PathBuf},
};

use super::problem::{Place, Problem};

/// A file while it is read.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// As people call it.
    name: String,
    text: &'a str,
    /// What relative paths in it are relative to.
    directory: PathBuf,
    problems: RefCell<Vec<(usize, Problem)>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(name: &str, text: &'a str) -> Self {
        let directory = Path::new(name).parent().unwrap_or_else(|| Path::new("")).to_owned();
        Self { name: name.to_owned(), text, directory, problems: RefCell::default() }
    }

    /// The path that is meant by one in this file.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.directory.join(path)
    }

    /// What is written there.
    pub(super) fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    pub(super) fn report(&self, span: Range<usize>, key: &str, message: String, hint: Option<String>) {
        let problem = Problem {
            file: self.name.clone(),
            place: Some(self.place(&span)),
            key: key.to_owned(),
            message,
            hint,
        };
        self.problems.borrow_mut().push((span.start, problem));
    }

    /// All of them, in the order of the text.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(start, _)| *start);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Lines on which something is wrong so far.
    pub(super) fn lines(&self) -> Vec<usize> {
        let problems = self.problems.borrow();
        problems.iter().filter_map(|(_, problem)| problem.line()).collect()
    }

    /// Forgets problems that are not among the first `count`, where something was wrong with their line already.
    pub(super) fn forget_consequences(&self, count: usize, lines: &[usize]) {
        let mut number = 0;
        self.problems.borrow_mut().retain(|(_, problem)| {
            number += 1;
            number <= count || problem.line().is_none_or(|line| !lines.contains(&line))
        });
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let start = self.boundary(span.start.min(self.text.len()));
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let marked = self.text.get(start..self.boundary(span.end)).unwrap_or_default();
        let marked = marked.split('\n').next().unwrap_or_default().trim_end();
        Place {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            width: marked.chars().count().max(1),
            text: line.to_owned(),
        }
    }

    /// The next place between two characters.
    fn boundary(&self, at: usize) -> usize {
        (at..self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len())
    }
}
