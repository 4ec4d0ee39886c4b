//! Challenges: what waits for a person or a solver, and the answer, which the store can't read.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use crate::sqlite::column::{Micros, Word};
use crate::sqlite::fault::Did;
use crate::sqlite::{audit, conflict, not_found, query, run};
use crate::{AuditEntry, Challenge, ChallengeKind, RunId};

macro_rules! columns {
    () => {
        "id, run, kind, prompt, mime_type, data, at, until, answer, accepted"
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Challenge> {
    Ok(Challenge {
        id: row.get("id")?,
        run: RunId(row.get("run")?),
        kind: row.get::<_, Word<ChallengeKind>>("kind")?.0,
        prompt: row.get("prompt")?,
        mime_type: row.get("mime_type")?,
        data: row.get("data")?,
        at: row.get::<_, Micros>("at")?.0,
        until: row.get::<_, Micros>("until")?.0,
        answer: row.get("answer")?,
        accepted: row.get("accepted")?,
    })
}

pub(super) fn put(conn: &Connection, challenge: &Challenge) -> Did<()> {
    run::existing(conn, &challenge.run)?;
    if by_id(conn, &challenge.id)?.is_some() {
        return conflict(format!("there is a challenge {} already", challenge.id));
    }
    query::change(
        conn,
        "INSERT INTO challenge (id, run, kind, prompt, mime_type, data, at, until, answer, accepted)
         VALUES (:id, :run, :kind, :prompt, :mime_type, :data, :at, :until, :answer, :accepted)",
        named_params! {
            ":id": challenge.id,
            ":run": challenge.run.0,
            ":kind": Word(challenge.kind),
            ":prompt": challenge.prompt,
            ":mime_type": challenge.mime_type,
            ":data": challenge.data,
            ":at": Micros(challenge.at),
            ":until": Micros(challenge.until),
            ":answer": challenge.answer,
            ":accepted": challenge.accepted,
        },
    )?;
    Ok(())
}

pub(super) fn by_id(conn: &Connection, id: &str) -> Did<Option<Challenge>> {
    let sql = concat!("SELECT ", columns!(), " FROM challenge WHERE id = ?1");
    Ok(query::one(conn, sql, [id], from_row)?)
}

pub(super) fn open(conn: &Connection, now: Timestamp) -> Did<Vec<Challenge>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM challenge WHERE answer IS NULL AND until > ?1 ORDER BY until, rowid"
    );
    Ok(query::all(conn, sql, [Micros(now)], from_row)?)
}

pub(super) fn answer(
    conn: &Connection,
    id: &str,
    now: Timestamp,
    sealed: &[u8],
    actor: &str,
) -> Did<()> {
    let found = by_id(conn, id)?.ok_or_else(|| not_found("challenge", id))?;
    if found.answer.is_some() {
        return conflict(format!("challenge {id} has been answered already"));
    }
    if found.until <= now {
        return conflict(format!(
            "challenge {id} is over since {}: its run waits no longer",
            found.until
        ));
    }
    query::change(conn, "UPDATE challenge SET answer = ?1 WHERE id = ?2", (sealed, id))?;
    let action = match found.kind {
        ChallengeKind::Image | ChallengeKind::Audio => "captcha-answered",
        ChallengeKind::Call => "call-answered",
    };
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: id.to_owned(),
            detail: format!("for run {}", found.run),
        },
    )
}

pub(super) fn report(conn: &Connection, id: &str, accepted: bool) -> Did<()> {
    let sql = "UPDATE challenge SET accepted = ?1 WHERE id = ?2";
    match query::change(conn, sql, (accepted, id))? {
        0 => Err(not_found("challenge", id)),
        _ => Ok(()),
    }
}
