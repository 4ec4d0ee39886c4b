//! `mavm challenges`: what waits for a person. A captcha's picture is written to a file to look at; a
//! call's digits are shown to whoever asks for that one challenge.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::table::{table, when};
use super::{ACTOR, open, report};
use crate::host::desk::Desk;

/// Captchas and calls that wait for a person.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists what waits (also without a word).
    List,
    /// Says what to do, and writes the picture or sound to a file.
    Show {
        /// The challenge.
        id: String,
        /// Where the picture or sound goes; without it `<id>.png`, `.wav`, ... here.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Answers one: the characters of the picture, the digits of the sound; `done` for a call.
    Answer {
        /// The challenge.
        id: String,
        /// What it shows or says.
        answer: String,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    let (_, folders) = open(path)?;
    let store = folders.store().await.map_err(report)?;
    let desk = Desk::new(store.clone(), folders.crypt().map_err(report)?);
    match args.what.unwrap_or(What::List) {
        What::List => {
            let open = store.open_challenges(jiff::Timestamp::now()).await.map_err(report)?;
            if open.is_empty() {
                println!("nothing waits for a person");
                return Ok(ExitCode::SUCCESS);
            }
            let mut rows = table(["CHALLENGE", "UNTIL", "WHAT TO DO"]);
            for challenge in open {
                rows.add_row([challenge.id, when(Some(challenge.until)), challenge.prompt]);
            }
            println!("{rows}\n\nmavm challenges show CHALLENGE");
        }
        What::Show { id, to } => {
            let shown = desk.show(&id).await.map_err(report)?;
            println!("{}", shown.challenge.prompt);
            if let Some(digits) = shown.digits {
                println!("\n    {digits}\n\nthen: mavm challenges answer {id} done");
            } else {
                let ending =
                    shown.challenge.mime_type.rsplit('/').next().unwrap_or("bin").to_owned();
                let to = to.unwrap_or_else(|| PathBuf::from(format!("{id}.{ending}")));
                std::fs::write(&to, &shown.challenge.data).map_err(report)?;
                println!("written to {}\n\nthen: mavm challenges answer {id} ...", to.display());
            }
        }
        What::Answer { id, answer } => {
            desk.answer(&id, &answer, ACTOR).await.map_err(report)?;
            println!("{id} is answered");
        }
    }
    Ok(ExitCode::SUCCESS)
}
