//! Foreign vocabularies: each is spoken in one place, so that what is behind it can be replaced there.

use super::{File, Problem, has_word};

struct Vocabulary {
    words: &'static [&'static str],
    /// Beginnings of paths where it is spoken.
    spoken_in: &'static [&'static str],
    why: &'static str,
}

const VOCABULARIES: &[Vocabulary] = &[
    Vocabulary {
        words: &["russh::server", "russh::{server"],
        spoken_in: &["bench/", "crates/mock-core/src/engine/", "crates/mock-core/benches/"],
        why: "only mock-core/src/engine knows the SSH engine's server",
    },
    Vocabulary {
        words: &["clap::", "toml::"],
        spoken_in: &["crates/mock-cli/"],
        why: "only mock-cli knows arguments and file formats",
    },
    Vocabulary {
        words: &["Command::new", "process::Command", "tokio::process"],
        spoken_in: &[
            "bench/",
            "crates/mock-process/",
            "crates/mock-cli/tests/",
            "examples/",
            "tests/",
            "xtask/",
        ],
        why: "only mock-process starts programs of the host",
    },
];

/// Spells all of them out.
const HERE: &str = "xtask/src/tidy/vocabulary.rs";

pub(super) fn check(file: &File<'_>) -> Vec<Problem> {
    let unspoken =
        |vocabulary: &&Vocabulary| !vocabulary.spoken_in.iter().any(|path| file.path.starts_with(path));
    let foreign: Vec<_> = VOCABULARIES.iter().filter(unspoken).collect();
    if foreign.is_empty() || file.path == HERE {
        return Vec::new();
    }
    let found = file.code().filter_map(|(number, line)| {
        let speaks = |vocabulary: &&&Vocabulary| vocabulary.words.iter().any(|word| has_word(line, word));
        let vocabulary = foreign.iter().find(speaks)?;
        Some(file.problem(number, vocabulary.why))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::texts, *};

    fn found(path: &str, text: &str) -> Vec<String> {
        texts(check(&File { path, text }))
    }

    #[test]
    fn each_vocabulary_is_spoken_in_its_place_only() {
        for vocabulary in VOCABULARIES {
            for word in vocabulary.words {
                let text = format!("use {word}::Thing;\n");
                assert_eq!(found("crates/mock-auth/src/lib.rs", &text), [vocabulary.why], "{word}");
                for path in vocabulary.spoken_in {
                    assert!(found(&format!("{path}a.rs"), &text).is_empty(), "{word} in {path}");
                }
            }
        }
    }

    #[test]
    fn comments_may_name_what_code_must_not_use() {
        assert!(found("crates/mock-auth/src/lib.rs", "/// Unlike `std::process::Command`.\n").is_empty());
    }
}
