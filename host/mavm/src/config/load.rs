//! Reads `mavm.toml`, lays the environment of earlier systems over it, and points at what is wrong.

use std::path::{Path, PathBuf};

use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};

use super::{Config, env};

/// The commented example, also printed by `mavm config example`.
pub const EXAMPLE: &str = include_str!("../../../../mavm.example.toml");

/// A configuration and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// None: no file, all defaults.
    pub path: Option<PathBuf>,
}

/// Loads `path`, or `./mavm.toml` if there is one, or the defaults. Relative folders in the file are
/// meant from the file's own folder.
pub fn load(path: Option<&Path>) -> miette::Result<Loaded> {
    let path = match path {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from("mavm.toml")).filter(|path| path.exists()),
    };
    let mut config = match &path {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                miette::miette!(
                    help = "`mavm config example > mavm.toml` writes a commented one",
                    "can't read {}: {error}",
                    path.display()
                )
            })?;
            let mut config = parse(&path.display().to_string(), &text)?;
            let folder = path.parent().unwrap_or(Path::new(""));
            for inner in [&mut config.host.data, &mut config.host.plugins] {
                *inner = folder.join(&*inner);
            }
            for inner in [&mut config.host.flows, &mut config.host.cache].into_iter().flatten() {
                *inner = folder.join(&*inner);
            }
            config
        }
        None => Config::default(),
    };
    env::apply(&mut config, |name| std::env::var(name).ok())?;
    Ok(Loaded { config, path })
}

/// Parses a file's text; the error shows the line and the place in it.
pub fn parse(name: &str, text: &str) -> miette::Result<Config> {
    toml::from_str(text).map_err(|error| {
        let labels = error.span().map(|span| vec![LabeledSpan::at(span, "here")]);
        Report::new(MietteDiagnostic {
            message: error.message().to_owned(),
            code: None,
            severity: Some(Severity::Error),
            help: Some("`mavm config example` prints every key with its meaning".into()),
            url: None,
            labels,
        })
        .with_source_code(NamedSource::new(name, text.to_owned()).with_language("toml"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_example_is_valid() {
        parse("mavm.example.toml", EXAMPLE).unwrap();
    }

    #[test]
    fn the_example_names_every_key() {
        for line in include_str!("mod.rs").lines() {
            let Some(field) =
                line.trim().strip_prefix("pub ").and_then(|rest| rest.split_once(": "))
            else {
                continue;
            };
            let key = field.0.replace('_', "-");
            assert!(EXAMPLE.contains(&key), "mavm.example.toml doesn't name `{key}`");
        }
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_line() {
        let report = parse("mavm.toml", "[stock]\ntargte = 3\n").unwrap_err();
        let text = format!("{report:?}");
        assert!(text.contains("targte") && text.contains("mavm.toml:2:1"), "{text}");
    }

    #[test]
    fn a_wrong_type_is_shown_with_its_line() {
        let report = parse("mavm.toml", "[stock]\ntarget = \"three\"\n").unwrap_err();
        let text = format!("{report:?}");
        assert!(text.contains("mavm.toml:2:10"), "{text}");
    }
}
