//! A call may end in its middle: its time is over, somebody calls it off, or nobody waits for it any
//! more. It ends at once, the button of the mouse goes up, and the next action works.

use mavm_browser::{ClickOptions, Deadline, ElementState, Error, TextMatch};
use tokio_util::sync::CancellationToken;

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

/// The page of these tests, under a name that no other test has: with it the page tells the server when
/// it is blocked, and is let go.
pub async fn blocking(stage: &Stage, test: &str) -> String {
    let name = format!("{test}-{:?}", stage.build);
    stage.open(&format!("blocking.html?{name}")).await;
    name
}

/// Waits until the page is blocked.
pub async fn blocked(stage: &Stage, name: &str) {
    let told = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
        while stage.site.count(name) == 0 {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(SOON, told).await.expect("the page was never blocked");
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Token,
    /// As the host does it when it stops.
    Dropping,
}

/// Ends a call while the page is blocked by it.
async fn cut_off(
    stage: &Stage,
    by: By,
    name: &str,
    call: impl AsyncFnOnce(Deadline) -> Result<(), Error>,
) {
    let token = CancellationToken::new();
    let call = call(Deadline::after(10 * SOON).cancelled_by(token.clone()));
    tokio::pin!(call);
    tokio::select! {
        ended = &mut call => panic!("the page did not hold it: {ended:?}"),
        () = blocked(stage, name) => {}
    }
    if by == By::Token {
        token.cancel();
        let ended = tokio::time::timeout(SOON, call).await.expect("it waits for the page");
        assert!(matches!(ended, Err(Error::Cancelled(_))), "{ended:?}");
    }
}

/// Calls off a call that would wait for long.
async fn call_off<T>(what: &str, call: impl AsyncFnOnce(Deadline) -> Result<T, Error>) {
    let token = CancellationToken::new();
    let call = call(Deadline::after(10 * SOON).cancelled_by(token.clone()));
    let (ended, ()) = tokio::join!(tokio::time::timeout(SOON, call), async { token.cancel() });
    let ended = ended.unwrap_or_else(|_| panic!("{what} goes on")).map(drop);
    assert!(matches!(ended, Err(Error::Cancelled(_))), "{what}: {ended:?}");
}

/// The page goes on, and gets the next click; gives all that it has seen.
async fn and_then(stage: &Stage, name: &str) -> String {
    stage.site.open(name);
    stage.css("#next").click(ClickOptions::default(), SOON).await.unwrap();
    stage.log().await
}

on_both! {
    whatever_waits_ends_when_it_is_called_off: |stage| {
        stage.open("plain.html").await;
        let (page, never, log) = (&stage.page, stage.css("#never"), stage.css("#log"));
        let other = TextMatch::exact("something else");
        call_off("click", async |by| never.click(ClickOptions::default(), by).await).await;
        call_off("hover", async |by| never.hover(by).await).await;
        call_off("drag", async |by| never.drag_to(&log, by).await).await;
        call_off("fill", async |by| never.fill("x", by).await).await;
        call_off("type", async |by| never.type_keys("x", by).await).await;
        call_off("press", async |by| never.press("x", by).await).await;
        call_off("check", async |by| never.check(by).await).await;
        call_off("text", async |by| never.text(by).await).await;
        call_off("wait for it to go", async |by| log.wait_for(ElementState::Hidden, by).await).await;
        call_off("wait for a text", async |by| log.wait_for_text(&other, by).await).await;
        call_off("wait for an address", async |by| page.wait_for_url(&other, by).await).await;
        call_off("a popup", async |by| page.expect_popup().wait(by).await).await;
        call_off("a dialog", async |by| page.expect_dialog().wait(by).await).await;
        call_off("a download", async |by| page.expect_download().unwrap().wait(by).await).await;
        call_off("a response", async |by| page.expect_response(other.clone()).unwrap().wait(by).await).await;
        assert_eq!(stage.log().await, "arrived");
    }

    a_click_that_is_cut_off_leaves_the_mouse_free: |stage| {
        for by in [By::Token, By::Dropping] {
            let name = blocking(&stage, &format!("cut-click-{by:?}")).await;
            let down = stage.css("#down");
            cut_off(&stage, by, &name, async |deadline| down.click(ClickOptions::default(), deadline).await).await;
            // It was sent as a whole, and came to its end by itself.
            assert_eq!(and_then(&stage, &name).await, "down next", "{by:?}");
        }
    }

    a_click_that_arrived_is_one_though_the_page_is_busy_beyond_its_time: |stage| {
        blocking(&stage, "busy-after").await;
        let clicked = stage.css("#after").click(ClickOptions::default(), BRIEF).await;
        // On a machine under load the time may be over before the button is down; what came is told.
        let came = stage.css("#log").wait_for_text(&TextMatch::contains("after"), SOON).await.is_ok();
        assert_eq!(clicked.is_ok(), came, "{clicked:?}");
    }

    a_click_whose_time_is_over_leaves_the_mouse_free: |stage| {
        let name = blocking(&stage, "late-click").await;
        let mut told = String::new();
        // On a busy machine a brief time may be over before anything was pressed.
        for within in [BRIEF, SOON] {
            let clicked = stage.css("#down").click(ClickOptions::default(), within).await;
            let Err(Error::TimedOut(waited)) = clicked else { panic!("{clicked:?}") };
            if stage.site.count(&name) > 0 {
                told = waited.last_obstacle.unwrap_or_default();
                break;
            }
        }
        assert!(told.contains("the page has not dealt with it"), "{told}");
        assert_eq!(and_then(&stage, &name).await, "down next");
    }

    a_drag_that_follows_the_mouse_is_let_go_of_when_it_is_cut_off: |stage| {
        for by in [By::Token, By::Dropping] {
            let name = blocking(&stage, &format!("cut-ball-{by:?}")).await;
            let (ball, place) = (stage.css("#ball"), stage.css("#place"));
            cut_off(&stage, by, &name, async |deadline| ball.drag_to(&place, deadline).await).await;
            assert_eq!(and_then(&stage, &name).await, "let-go next", "{by:?}");
        }
    }

    what_is_dragged_is_not_dropped_when_it_is_cut_off: |stage| {
        for by in [By::Token, By::Dropping] {
            let name = blocking(&stage, &format!("cut-thing-{by:?}")).await;
            let (thing, place) = (stage.css("#thing"), stage.css("#place"));
            cut_off(&stage, by, &name, async |deadline| thing.drag_to(&place, deadline).await).await;
            assert_eq!(and_then(&stage, &name).await, "end:none next", "{by:?}");
            // And the next drag is one.
            thing.drag_to(&place, SOON).await.unwrap();
            let dropped = TextMatch::regex("dropped end:.+");
            stage.css("#log").wait_for_text(&dropped, SOON).await.unwrap();
        }
    }

    a_drag_that_is_cut_off_as_it_presses_lets_go: |stage| {
        for by in [By::Token, By::Dropping] {
            let name = blocking(&stage, &format!("cut-held-{by:?}")).await;
            let (held, place) = (stage.css("#held"), stage.css("#place"));
            cut_off(&stage, by, &name, async |deadline| held.drag_to(&place, deadline).await).await;
            assert_eq!(and_then(&stage, &name).await, "let-go next", "{by:?}");
        }
    }
}
