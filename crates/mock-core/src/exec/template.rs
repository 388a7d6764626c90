//! Text with gaps that are filled from the request: `{{ user }}`, `{{ args[1] }}`, `{{ dir }}` for a capture.
//!
//! The language is that of `minijinja`, so conditions, loops and filters are there for who needs them. A template
//! sees the request and nothing else: no files, no environment of the host.

use std::{collections::BTreeMap, fmt, sync::Arc};

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::Request;

/// Text that depends on the request it answers. Cheap to clone.
///
/// | name | what it is |
/// |---|---|
/// | `command` | the command line, for a shell the line |
/// | `args` | its words as a shell splits them: `args[0]` is the program |
/// | `user`, `connection`, `channel`, `peer` | who asks, and where |
/// | `env` | environment variables that the client sent: `env.LANG` |
/// | `call` | how often the rule was hit, this time included: from 1 |
/// | `stdin` | standard input, where the rule waited for it |
/// | any other | a capture of the rule's regular expression; those without a name are `captures["1"]` |
///
/// A name that is none of these is an error when the template is filled: the program fails, and the journal says why.
///
/// ```
/// use mock_core::{Request, Template, Wanted};
///
/// let template = Template::new("{{ user }} runs {{ args[0] | upper }}, call {{ call }}\n")?;
/// let request = Request::detached("deploy", Wanted::Exec("uname -r".into()));
/// assert_eq!(template.fill(&request)?, "deploy runs UNAME, call 1\n");
/// # Ok::<(), mock_core::TemplateError>(())
/// ```
#[derive(Clone)]
pub struct Template {
    environment: Arc<Environment<'static>>,
}

/// A template that is not one, or that asks for something that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
#[non_exhaustive]
pub struct TemplateError {
    /// What is wrong, and in which line.
    pub text: String,
    source: minijinja::Error,
}

impl From<minijinja::Error> for TemplateError {
    fn from(source: minijinja::Error) -> Self {
        let detail = source.detail().map_or_else(|| source.kind().to_string(), str::to_owned);
        let text = match source.line() {
            Some(line) => format!("template line {line}: {detail}"),
            None => format!("template: {detail}"),
        };
        Self { text, source }
    }
}

const NAME: &str = "template";

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for text that is no template.
    pub fn new(text: impl Into<String>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_keep_trailing_newline(true);
        environment.add_template_owned(NAME, text.into())?;
        Ok(Self { environment: Arc::new(environment) })
    }

    /// The text for this request.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for a name that the request does not have.
    pub fn fill(&self, request: &Request) -> Result<String, TemplateError> {
        Ok(self.environment.get_template(NAME)?.render(values(request))?)
    }

    /// The text for these values by name, where there is no request: in a prompt of a login.
    ///
    /// ```
    /// let template = mock_core::Template::new("Challenge for {{ user }}: ")?;
    /// assert_eq!(template.fill_with([("user".to_owned(), "anna".to_owned())])?, "Challenge for anna: ");
    /// # Ok::<(), mock_core::TemplateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for a name that is none of these.
    pub fn fill_with(
        &self,
        values: impl IntoIterator<Item = (String, String)>,
    ) -> Result<String, TemplateError> {
        let values: BTreeMap<String, String> = values.into_iter().collect();
        Ok(self.environment.get_template(NAME)?.render(Value::from_serialize(values))?)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = self.environment.get_template(NAME);
        f.debug_tuple("Template").field(&template.as_ref().map_or("", |template| template.source())).finish()
    }
}

fn values(request: &Request) -> Value {
    // Of several with one name the first counts, as in `Request::capture`.
    let captures: BTreeMap<_, _> = request.captures.iter().rev().cloned().collect();
    let mut values: BTreeMap<String, Value> =
        captures.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let env: BTreeMap<_, _> = request.env.iter().cloned().collect();
    let stdin = request.stdin.as_ref().map(|stdin| String::from_utf8_lossy(&stdin.data).into_owned());
    let known = [
        ("command", Value::from(request.command_text())),
        ("args", Value::from(request.args())),
        ("user", Value::from(request.user.as_str())),
        ("connection", Value::from(request.connection)),
        ("channel", Value::from(request.channel)),
        ("peer", Value::from(request.peer.to_string())),
        ("env", Value::from_serialize(env)),
        ("call", Value::from(request.call)),
        ("captures", Value::from_serialize(captures)),
    ];
    // What the request is comes first: a capture cannot take its place.
    values.extend(known.map(|(name, value)| (name.to_owned(), value)));
    values.extend(stdin.map(|stdin| ("stdin".to_owned(), Value::from(stdin))));
    Value::from_serialize(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wanted;

    fn request() -> Request {
        let mut request = Request::detached("anna", Wanted::Exec("ls '/srv x'".into()));
        request.captures = vec![("1".to_owned(), "first".to_owned()), ("dir".to_owned(), "/srv".to_owned())];
        request.env = vec![("LANG".to_owned(), "C".to_owned())];
        request.call = 3;
        request
    }

    fn fill(text: &str) -> Result<String, String> {
        let filled = Template::new(text).and_then(|template| template.fill(&request()));
        filled.map_err(|error| error.to_string())
    }

    #[test]
    fn every_part_of_a_request_can_be_named() {
        let text = "{{user}} {{args[1]}} {{env.LANG}} {{call}} {{dir}} {{captures['1']}} {{command}} {{connection}}.{{channel}}\n";
        assert_eq!(fill(text).unwrap(), "anna /srv x C 3 /srv first ls '/srv x' 1.0\n");
    }

    #[test]
    fn what_is_not_there_is_an_error_with_its_line() {
        assert_eq!(fill("a\n{{ nobody }}").unwrap_err(), "template line 2: undefined value");
        assert_eq!(
            fill("{{ user").unwrap_err(),
            "template line 1: unexpected end of input, expected end of variable block"
        );
    }

    #[test]
    fn of_two_captures_with_one_name_both_ways_to_it_show_the_first() {
        let mut request = request();
        request.captures.push(("dir".to_owned(), "/second".to_owned()));
        let filled = Template::new("{{ dir }}").unwrap().fill(&request).unwrap();
        assert_eq!((filled.as_str(), request.capture("dir")), ("/srv", Some("/srv")));
    }

    #[test]
    fn conditions_are_there_for_who_needs_them() {
        assert_eq!(fill("{% if call > 2 %}late{% else %}early{% endif %}").unwrap(), "late");
    }
}
