//! Whether what was expected has come: for people the report, for programs the same as JSON.

use mock_base::{Unmet, VerificationError};
use serde::Serialize;
use serde_json::Value;

/// What a verification found.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// How many expectations were looked at.
    pub(crate) checked: usize,
    /// The report, where one is not met.
    pub(crate) unmet: Option<Box<VerificationError>>,
}

/// A verdict as JSON. Fields are added, never renamed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct VerdictLine {
    /// Whether everything expected has come.
    verified: bool,
    /// How many expectations there are.
    checked: usize,
    /// Those that are not met, in the order in which they were added.
    unmet: Vec<UnmetLine>,
    /// What people read where something is not met: what was expected, what came, and the timeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
}

/// An expectation that is not met.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct UnmetLine {
    /// The server of which it was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// What was expected, as a phrase.
    expected: String,
    /// What came instead, as a phrase.
    found: String,
    /// What came nearest to what is missing, the nearest first.
    near: Vec<NearLine>,
    /// What a person may do about it.
    hint: Option<String>,
}

/// An event that is nearly what was expected.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct NearLine {
    /// The event, as in `docs/events.md`.
    event: Value,
    /// What differs, a phrase each.
    differences: Vec<String>,
}

impl From<&Verdict> for VerdictLine {
    fn from(verdict: &Verdict) -> Self {
        let unmet = verdict.unmet.as_deref();
        Self {
            verified: unmet.is_none(),
            checked: verdict.checked,
            unmet: unmet.map_or(&[][..], VerificationError::unmet).iter().map(UnmetLine::from).collect(),
            report: unmet.map(ToString::to_string),
        }
    }
}

impl From<&Unmet> for UnmetLine {
    fn from(unmet: &Unmet) -> Self {
        let near = unmet.near.iter().map(|(event, mismatch)| NearLine {
            event: event.to_json(),
            differences: mismatch.differences.clone(),
        });
        Self {
            server: unmet.server.as_deref().map(str::to_owned),
            expected: unmet.expected.clone(),
            found: unmet.found.clone(),
            near: near.collect(),
            hint: unmet.hint.clone(),
        }
    }
}
