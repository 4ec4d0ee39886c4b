//! Starting a sign-up: the switch, the stock, the ceiling and the pace, all looked at in the
//! transaction that inserts. Whatever the number of hosts, together they never go faster.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::sqlite::column::{Count, Micros};
use crate::sqlite::fault::Did;
use crate::sqlite::{account, query, run, switch};
use crate::{NewRun, Pace, Started};

/// The ceiling counts within this time.
const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn start(
    conn: &Connection,
    now: Timestamp,
    new: &NewRun,
    email: &str,
    pace: &Pace,
) -> Did<Started> {
    if let Some((why, again_at)) = refusal(conn, now, &new.flow, pace)? {
        return Ok(Started::No { why, again_at });
    }
    account::insert(conn, now, &new.account, email)?;
    Ok(Started::Yes(run::insert(conn, now, new, true)?))
}

type Refusal = (String, Option<Timestamp>);

fn refusal(conn: &Connection, now: Timestamp, flow: &str, pace: &Pace) -> Did<Option<Refusal>> {
    if switch::is_on(conn, switch::SIGNUPS_STOPPED)? {
        let why = "all sign-ups are stopped; `mavm signups start` lets them go on";
        return Ok(Some((why.to_owned(), None)));
    }
    let stock = stock(conn)?;
    if stock >= u64::from(pace.target) {
        let why = format!(
            "{stock} accounts are in stock or on the way, and the target is {}",
            pace.target
        );
        return Ok(Some((why, None)));
    }
    // Both may refuse: the later one says when to ask again.
    let refusals = [ceiling(conn, now, flow, pace)?, too_soon(conn, now, flow, pace)?];
    Ok(refusals.into_iter().flatten().max_by_key(|(_, again)| again.unwrap_or(Timestamp::MAX)))
}

pub(super) fn stock(conn: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM account WHERE status IN ('PLANNED', 'IN_PROGRESS', 'CREATED')";
    query::one(conn, sql, [], |row| row.get(0)).map(|count| count.map_or(0, |Count(count)| count))
}

/// The sign-up that is so many back from the last; 0 is the last.
fn signup(conn: &Connection, flow: &str, back: u32) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT started_at FROM run WHERE signup = 1 AND flow = ?1
               ORDER BY started_at DESC LIMIT 1 OFFSET ?2";
    query::one(conn, sql, (flow, back), |row| row.get(0).map(|Micros(at)| at))
}

/// Refused while the sign-up that the next one would push over the ceiling is within the day.
fn ceiling(
    conn: &Connection,
    now: Timestamp,
    flow: &str,
    pace: &Pace,
) -> rusqlite::Result<Option<Refusal>> {
    let max = pace.max_per_day;
    let Some(back) = max.checked_sub(1) else {
        return Ok(Some((
            format!("`{flow}` may sign up no account at all: its ceiling is 0"),
            None,
        )));
    };
    let again = signup(conn, flow, back)?.map(|at| after(at, DAY)).filter(|again| *again > now);
    Ok(again.map(|again| {
        let why =
            format!("`{flow}` has begun {max} sign-ups within 24 hours, which is its ceiling");
        (why, Some(again))
    }))
}

fn too_soon(
    conn: &Connection,
    now: Timestamp,
    flow: &str,
    pace: &Pace,
) -> rusqlite::Result<Option<Refusal>> {
    if !pace.every.is_positive() {
        return Ok(None);
    }
    let Some(last) = signup(conn, flow, 0)? else {
        return Ok(None);
    };
    let again = Some(after(last, pace.every)).filter(|again| *again > now);
    Ok(again.map(|again| {
        let why = format!(
            "the last sign-up of `{flow}` began at {last}, and its pace is one every {:#}",
            pace.every
        );
        (why, Some(again))
    }))
}

fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_add(time).unwrap_or(Timestamp::MAX)
}
