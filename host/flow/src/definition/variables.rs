//! Which names an expression may ask for, told before any run: `facts` of steps that come earlier,
//! keys that the configuration has, the account's columns.

use super::catalogue::Catalogue;
use super::in_expressions;
use super::suggest::{instead, list};

const ACCOUNT: &[&str] = &["name", "email", "id", "role_arn", "status"];
const RUN: &[&str] = &["id", "attempt"];

/// What can be seen from one place in a flow.
pub(crate) struct Scope<'a> {
    pub(crate) catalogue: &'a Catalogue,
    /// All step ids of the flow, in order.
    pub(crate) steps: &'a [&'a str],
    /// Facts of the steps before this place can be seen; none: no facts, account or run at all
    /// (what is worked out at load).
    pub(crate) before: Option<usize>,
}

/// A name that stands for nothing: what is wrong, and what to do.
#[derive(Default)]
pub(crate) struct Unknown {
    pub(crate) message: String,
    pub(crate) help: String,
    /// A `-` was taken for a minus: the rest of the name then looks like another unknown one.
    pub(crate) minus: bool,
    /// The first word is none that can be asked for.
    pub(crate) root: bool,
}

impl Scope<'_> {
    /// Checks one dotted name.
    pub(crate) fn check(&self, name: &str) -> Result<(), Unknown> {
        let path: Vec<&str> = name.split('.').collect();
        let Some((root, rest)) = path.split_first() else { return Ok(()) };
        match (*root, self.before) {
            ("config", _) => self.config(rest),
            ("account" | "facts" | "run", None) => Err(Unknown {
                message: format!("`{root}` is not known here: this is worked out before any run"),
                help: "only `config.…` can be used here".to_owned(),
                ..Unknown::default()
            }),
            ("account", _) => column("account", rest, ACCOUNT),
            ("run", _) => column("run", rest, RUN),
            ("facts", Some(before)) => self.fact(rest, before),
            _ => Err(self.unknown_root(root)),
        }
    }

    fn unknown_root(&self, root: &str) -> Unknown {
        let roots: &[&str] = match self.before {
            Some(_) => &["account", "config", "facts", "run"],
            None => &["config"],
        };
        Unknown {
            message: format!("there is no `{root}` to ask for"),
            help: format!(
                "{}; functions can't be called, filters can be used (`… | upper`)",
                instead(root, roots.iter().copied())
            ),
            root: true,
            ..Unknown::default()
        }
    }

    fn config(&self, path: &[&str]) -> Result<(), Unknown> {
        if path.is_empty() {
            let tables = self.catalogue.keys(&[]).unwrap_or_default();
            return Err(Unknown {
                message: "`config` as a whole is no value".to_owned(),
                help: format!("name one, in one of {}", prefixed("config", &tables)),
                ..Unknown::default()
            });
        }
        for depth in 0..path.len() {
            let (above, key) = (&path[..depth], path[depth]);
            let whole = std::iter::once("config").chain(above.iter().copied());
            let whole = whole.collect::<Vec<_>>().join(".");
            let Some(keys) = self.catalogue.keys(above) else {
                return Err(Unknown {
                    message: format!("`{whole}` is a value and has no `{key}`"),
                    help: format!("write `{whole}`"),
                    ..Unknown::default()
                });
            };
            if !keys.contains(&key) {
                return Err(Unknown {
                    message: format!("the configuration has no `{whole}.{key}`"),
                    help: instead(key, keys),
                    ..Unknown::default()
                });
            }
        }
        Ok(())
    }

    fn fact(&self, path: &[&str], before: usize) -> Result<(), Unknown> {
        let (step, rest) = match path {
            [step, rest @ ..] => (*step, rest),
            [] => {
                return Err(Unknown {
                    message: "`facts` as a whole is no value".to_owned(),
                    help: "write `facts.<step>.<fact>`".to_owned(),
                    ..Unknown::default()
                });
            }
        };
        let names: Vec<String> = self.steps.iter().map(|id| in_expressions(id)).collect();
        let Some(position) = names.iter().position(|name| name == step) else {
            let dashed = self.steps.iter().find(|id| id.split('-').next() == Some(step));
            let dashed = dashed.filter(|id| id.contains('-'));
            let help = match dashed {
                Some(id) => format!(
                    "in expressions a step's `-` is written `_`: `facts.{}`",
                    in_expressions(id)
                ),
                None => instead(step, names[..before.min(names.len())].iter().map(String::as_str)),
            };
            let message = format!("this flow has no step `{step}`");
            return Err(Unknown { message, help, minus: dashed.is_some(), root: false });
        };
        if position >= before {
            return Err(Unknown {
                message: format!("step `{}` has not run yet at this point", self.steps[position]),
                help: "only facts of earlier steps can be used".to_owned(),
                ..Unknown::default()
            });
        }
        match rest {
            [_] => Ok(()),
            [] => Err(Unknown {
                message: format!("`facts.{step}` as a whole is no value"),
                help: format!("name the fact: `facts.{step}.<fact>`"),
                ..Unknown::default()
            }),
            [fact, ..] => Err(Unknown {
                message: format!("`facts.{step}.{fact}` is a text and has no parts"),
                help: format!("write `facts.{step}.{fact}`"),
                ..Unknown::default()
            }),
        }
    }
}

fn column(table: &str, path: &[&str], columns: &[&str]) -> Result<(), Unknown> {
    match path {
        [name] if columns.contains(name) => Ok(()),
        [] => Err(Unknown {
            message: format!("`{table}` as a whole is no value"),
            help: format!("write one of {}", prefixed(table, columns)),
            ..Unknown::default()
        }),
        [name, ..] if columns.contains(name) => Err(Unknown {
            message: format!("`{table}.{name}` has no parts"),
            help: format!("write `{table}.{name}`"),
            ..Unknown::default()
        }),
        [name, ..] => Err(Unknown {
            message: format!("`{table}` has no `{name}`"),
            help: instead(name, columns.iter().copied()),
            ..Unknown::default()
        }),
    }
}

/// `table.name` for each name, as a list for a message.
fn prefixed(table: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{table}.{name}")).collect();
    list(&names.iter().map(String::as_str).collect::<Vec<_>>())
}
