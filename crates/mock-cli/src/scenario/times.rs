//! How often, as a scenario says it: the same words as in the text of an expectation.
//!
//! Apart from that grammar, because here a number is a number of TOML, and needs no `x`.

use mock_base::Times;

use super::reader::Node;

/// `1`, `"1..2"` with both ends, `"1.."`, `"..2"` or `"none"`.
pub(super) fn read(node: &Node<'_>) -> Option<Times> {
    const EXAMPLES: &str = "a number, or `\"1..2\"`, `\"1..\"`, `\"..2\"` or `\"none\"`";
    if node.is_number() {
        return node.number(0, u64::from(u32::MAX)).map(Times::from);
    }
    let text = node.text_as(EXAMPLES)?;
    let times = in_words(text);
    if times.is_none() {
        node.report_with(format!("`{text}` does not say how often"), format!("expected {EXAMPLES}"));
    }
    times
}

fn in_words(text: &str) -> Option<Times> {
    let text = text.trim();
    if text == "none" {
        return Some(Times::never());
    }
    let Some((least, most)) = text.split_once("..") else {
        return text.parse().ok().map(|count: u64| Times::from(count));
    };
    let end = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    let (least, most): (Option<u64>, Option<u64>) = (end(least)?, end(most)?);
    let ordered = most.is_none_or(|most| least.unwrap_or(0) <= most) && (least.is_some() || most.is_some());
    ordered.then(|| Times::between(least.unwrap_or(0), most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_said_in_few_words() {
        let said = |text| in_words(text).map(|times| times.to_string());
        assert_eq!(said("none").as_deref(), Some("never"));
        assert_eq!(said("2").as_deref(), Some("exactly twice"));
        assert_eq!(said("1..2").as_deref(), Some("1 to 2 times"));
        assert_eq!(said("1..").as_deref(), Some("at least once"));
        assert_eq!(said("..2").as_deref(), Some("at most twice"));
        for text in ["", "..", "2..1", "often", "-1", "1..x"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
