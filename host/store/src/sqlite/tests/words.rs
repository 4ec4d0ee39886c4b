//! Words in the file are spelled as serde spells them, and the schema knows them all: were one
//! missing, its row could not be written.

use rusqlite::Connection;
use rusqlite::types::{FromSql, ToSql};

use crate::sqlite::column::{Micros, Word};
use crate::{AccountStatus, ChallengeKind, RunStatus};

fn there_and_back<T: FromSql>(value: impl ToSql) -> (String, T) {
    let conn = Connection::open_in_memory().unwrap();
    conn.query_row("SELECT ?1, ?1", [value], |row| {
        let spelled: rusqlite::types::Value = row.get(0)?;
        let spelled = match spelled {
            rusqlite::types::Value::Text(word) => word,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        Ok((spelled, row.get(1)?))
    })
    .unwrap()
}

#[test]
fn words_are_those_of_the_api_and_of_the_schema() {
    let schema = include_str!("../migrations/0001_first.sql");
    let statuses = [
        (AccountStatus::Planned, "PLANNED"),
        (AccountStatus::InProgress, "IN_PROGRESS"),
        (AccountStatus::Created, "CREATED"),
        (AccountStatus::Vended, "VENDED"),
        (AccountStatus::Closing, "CLOSING"),
        (AccountStatus::Closed, "CLOSED"),
        (AccountStatus::Quarantined, "QUARANTINED"),
    ];
    for (status, word) in statuses {
        let (spelled, back) = there_and_back::<Word<AccountStatus>>(Word(status));
        assert_eq!((spelled.as_str(), back.0, status.to_string().as_str()), (word, status, word));
        assert!(schema.contains(&format!("'{word}'")));
    }
    let statuses = [
        (RunStatus::Ready, "ready"),
        (RunStatus::Parked, "parked"),
        (RunStatus::Succeeded, "succeeded"),
        (RunStatus::Failed, "failed"),
    ];
    for (status, word) in statuses {
        let (spelled, back) = there_and_back::<Word<RunStatus>>(Word(status));
        assert_eq!((spelled.as_str(), back.0, status.to_string().as_str()), (word, status, word));
        assert!(schema.contains(&format!("'{word}'")));
    }
    let kinds = [
        (ChallengeKind::Image, "image"),
        (ChallengeKind::Audio, "audio"),
        (ChallengeKind::Call, "call"),
    ];
    for (kind, word) in kinds {
        let (spelled, back) = there_and_back::<Word<ChallengeKind>>(Word(kind));
        assert_eq!((spelled.as_str(), back.0), (word, kind));
        assert!(schema.contains(&format!("'{word}'")));
    }
}

#[test]
fn times_are_microseconds_in_utc() {
    let time = "2026-11-20T12:00:00.123456789+01:00".parse().unwrap();
    let (spelled, back) = there_and_back::<Micros>(Micros(time));
    assert_eq!(spelled, "1795172400123456");
    assert_eq!(back.0.to_string(), "2026-11-20T11:00:00.123456Z");
}

#[test]
fn an_unknown_word_is_an_error() {
    let conn = Connection::open_in_memory().unwrap();
    let read = conn.query_row("SELECT 'SOLD'", [], |row| row.get::<_, Word<AccountStatus>>(0));
    assert!(read.err().unwrap().to_string().contains("SOLD"));
}
