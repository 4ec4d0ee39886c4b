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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_example_is_valid() {
        parse("mavm.example.toml", EXAMPLE).unwrap();
    }

    /// The keys that a table takes, as the parser itself names them when it is given another.
    fn taken(table: &str) -> BTreeSet<String> {
        let text = format!("{table}\nno-such-key = 1\n");
        let error = toml::from_str::<Config>(&text).unwrap_err();
        let (_, expected) = error.message().split_once("expected").unwrap();
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn keys<'a>(tables: impl IntoIterator<Item = &'a toml::Value>) -> BTreeSet<String> {
        let tables = tables.into_iter().filter_map(toml::Value::as_table);
        tables.flat_map(|table| table.keys().cloned()).collect()
    }

    #[test]
    fn the_example_names_every_key() {
        let is_key =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        // What has no default is there as a comment.
        let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("# ") {
            Some(inner) if inner.split_once(" = ").is_some_and(|(name, _)| is_key(name)) => inner,
            _ => line,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        parse("mavm.example.toml", &text).unwrap();
        let example: toml::Table = text.parse().unwrap();
        assert_eq!(example.keys().cloned().collect::<BTreeSet<_>>(), taken(""));
        for (section, value) in &example {
            // Of these there are several, each with a name, and together they have every key.
            let named = ["sites", "secrets", "plugins"].contains(&section.as_str());
            let (table, found) = match value.as_table() {
                Some(all) if named => (format!("[{section}.x]"), keys(all.values())),
                _ => (format!("[{section}]"), keys([value])),
            };
            assert_eq!(found, taken(&table), "[{section}]");
        }
        let logins = example["sites"].as_table().unwrap().values().filter_map(|it| it.get("login"));
        let login = "[sites.x]\nbase = \"https://a.example\"\n[sites.x.login]";
        assert_eq!(keys(logins), taken(login));
    }

    #[test]
    fn the_example_shows_the_defaults() {
        let mut shown = parse("mavm.example.toml", EXAMPLE).unwrap();
        // There is no number that everybody has.
        assert!(!std::mem::take(&mut shown.phone.numbers).is_empty());
        let first = |config: &Config| {
            let Config { host, browser, account, stock, vend, mail, captcha, phone, aws, .. } =
                config;
            format!(
                "{host:#?}\n{browser:#?}\n{account:#?}\n{stock:#?}\n{vend:#?}\n{mail:#?}\n{captcha:#?}\n{phone:#?}\n{aws:#?}"
            )
        };
        assert_eq!(first(&shown), first(&Config::default()));
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
