//! The floor: the same journeys by somebody who knows the pages by heart and sends the least that
//! does them. Nothing is checked, nothing is looked for twice; each action is over before the next
//! begins. Fields are set by a script, clicks are real mouse events.

mod create;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
pub use create::Practice;
use serde_json::{Value, json};

use crate::cdp::Cdp;
use crate::shop::Shop;

/// One open page in a context of its own.
struct Tab<'a> {
    cdp: &'a mut Cdp,
    context: Value,
    session: String,
}

/// Does a journey.
pub fn run(cdp: &mut Cdp, shop: &Shop, practice: &Practice<'_>, journey: &str) -> Result<Duration> {
    let walk: fn(&mut Tab<'_>, &Shop) -> Result<()> = match journey {
        "form" => form,
        "frame" => frame,
        "list" => list,
        _ => {
            cdp.forget_events();
            let began = Instant::now();
            create::create(cdp, practice)?;
            return Ok(began.elapsed());
        }
    };
    cdp.forget_events();
    let began = Instant::now();
    let mut tab = Tab::open_in_new_context(cdp)?;
    walk(&mut tab, shop)?;
    let took = began.elapsed();
    tab.leave()?;
    Ok(took)
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("Chromium answered in another form than known")
}

impl<'a> Tab<'a> {
    fn open_in_new_context(cdp: &'a mut Cdp) -> Result<Self> {
        let context =
            cdp.call("", "Target.createBrowserContext", json!({}))?["browserContextId"].take();
        let page = json!({"url": "about:blank", "browserContextId": context});
        let target = cdp.call("", "Target.createTarget", page)?["targetId"].take();
        let attached =
            cdp.call("", "Target.attachToTarget", json!({"targetId": target, "flatten": true}))?;
        Ok(Self { session: text(&attached["sessionId"])?, context, cdp })
    }

    fn leave(self) -> Result<()> {
        let context = json!({"browserContextId": self.context});
        self.cdp.send("", "Target.disposeBrowserContext", context).map(drop)
    }

    /// From now on frames with a process of their own can be reached.
    fn attach_frames(&mut self) -> Result<()> {
        let attach = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
        let session = self.session.clone();
        self.cdp.send(&session, "Target.setAutoAttach", attach).map(drop)
    }

    /// The frame that comes next, its document read.
    fn next_frame(&mut self) -> Result<String> {
        let session = self.session.clone();
        let attached = self.cdp.event(&session, "Target.attachedToTarget")?;
        let frame = text(&attached["params"]["sessionId"])?;
        self.cdp.send(&frame, "Page.enable", json!({}))?;
        self.cdp.send(&frame, "Runtime.runIfWaitingForDebugger", json!({}))?;
        self.cdp.event(&frame, "Page.domContentEventFired")?;
        Ok(frame)
    }

    fn open(&mut self, url: &str) -> Result<()> {
        // A page that navigates before this is answered may tell nothing of it.
        self.cdp.call(&self.session, "Page.enable", json!({}))?;
        // The page may have navigated by itself before.
        self.cdp.forget_events();
        let answer = self.cdp.call(&self.session, "Page.navigate", json!({"url": url}))?;
        // None: only the fragment is another, the document stays.
        let done = match answer["loaderId"].is_null() {
            true => "Page.navigatedWithinDocument",
            false => "Page.domContentEventFired",
        };
        self.cdp.event(&self.session, done)?;
        Ok(())
    }

    fn evaluate(&mut self, session: &str, expression: &str) -> Result<Value> {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.cdp.call(session, "Runtime.evaluate", params)?;
        if !answer["exceptionDetails"].is_null() {
            bail!("the floor's script failed: {}", answer["exceptionDetails"]["exception"]);
        }
        Ok(answer["result"]["value"].take())
    }

    fn set(&mut self, field: &str, value: &str) -> Result<()> {
        let session = self.session.clone();
        self.set_in(&session, field, value)
    }

    fn set_in(&mut self, session: &str, field: &str, value: &str) -> Result<()> {
        let script = format!(
            "{{ const e = document.querySelector(\"[name='{field}']\"); e.focus(); e.value = '{value}'; \
             e.dispatchEvent(new Event('input', {{bubbles: true}})); \
             e.dispatchEvent(new Event('change', {{bubbles: true}})); }}"
        );
        self.evaluate(session, &script).map(|_| ())
    }

    /// The middle of what an expression gives.
    fn middle(&mut self, session: &str, element: &str) -> Result<(f64, f64)> {
        let script = format!(
            "(() => {{ const b = ({element}).getBoundingClientRect(); \
             return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        );
        let point = self.evaluate(session, &script)?;
        point[0].as_f64().zip(point[1].as_f64()).context("no box")
    }

    fn click(&mut self, element: &str) -> Result<()> {
        let session = self.session.clone();
        let (x, y) = self.middle(&session, element)?;
        self.click_at(x, y)
    }

    fn click_at(&mut self, x: f64, y: f64) -> Result<()> {
        let session = self.session.clone();
        let last = self.press_at(&session, x, y)?;
        self.cdp.reply(last).context("a click").map(|_| ())
    }

    /// Gives the number of the last request: a click that takes its document away may get no reply.
    fn press_at(&mut self, session: &str, x: f64, y: f64) -> Result<u64> {
        let mut last = 0;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            last = self.cdp.send(session, "Input.dispatchMouseEvent", event)?;
        }
        Ok(last)
    }
}

fn form(tab: &mut Tab<'_>, shop: &Shop) -> Result<()> {
    tab.open(&format!("{}/form", shop.shop))?;
    for (field, value) in [
        ("Full name", "Erika Example"),
        ("Company", "Example Ltd"),
        ("Street", "Example Street"),
        ("House number", "1"),
        ("Postal code", "10115"),
        ("City", "Berlin"),
        ("State", "Berlin"),
        ("Telephone", "+491701234567"),
        ("Mail address", "invoices@mavm.example"),
        ("Reference", "A-1"),
        ("Country", "Germany"),
        ("Notes", "Ring twice"),
    ] {
        tab.set(field, value)?;
    }
    for field in ["Newsletter", "Express", "Terms"] {
        tab.click(&format!("document.querySelector('[name={field}]')"))?;
    }
    let session = tab.session.clone();
    let (x, y) = tab.middle(&session, "document.querySelector('button')")?;
    tab.press_at(&session, x, y)?;
    tab.cdp.event(&session, "Page.domContentEventFired")?;
    let said = tab.evaluate(&session, "document.querySelector('p').textContent")?;
    if said == "Thank you" { Ok(()) } else { bail!("the floor's order was not taken: {said}") }
}

fn frame(tab: &mut Tab<'_>, shop: &Shop) -> Result<()> {
    let page = tab.session.clone();
    tab.attach_frames()?;
    tab.open(&format!("{}/pay", shop.shop))?;
    tab.click("pay")?;
    let bank = tab.next_frame()?;
    tab.set_in(&bank, "code", "123456")?;
    let (x, y) = tab.middle(&bank, "document.querySelector('button')")?;
    // To the frame's own process: the way from the page's needs a picture of the frame to have been
    // composed.
    tab.press_at(&bank, x, y)?;
    tab.evaluate(
        &page,
        "new Promise(go => { const look = () => state.textContent === 'Paid' && go(); look(); \
         new MutationObserver(look).observe(state, {childList: true}); })",
    )?;
    Ok(())
}

fn list(tab: &mut Tab<'_>, shop: &Shop) -> Result<()> {
    tab.open(&format!("{}/list", shop.shop))?;
    let session = tab.session.clone();
    for n in 0..100 {
        // A row that is made anew between press and release gets no click: the last one's first.
        let row = format!(
            "new Promise(go => {{ const look = () => {{ if (total.textContent !== '{n} clicks') return; \
             const b = rows.children[{}].firstChild.getBoundingClientRect(); \
             go([b.x + b.width / 2, b.y + b.height / 2]); }}; look(); \
             new MutationObserver(look).observe(total, {{childList: true}}); }})",
            n % 20
        );
        let point = tab.evaluate(&session, &row)?;
        let (x, y) = point[0].as_f64().zip(point[1].as_f64()).context("no box")?;
        tab.click_at(x, y)?;
    }
    tab.evaluate(
        &session,
        "new Promise(go => { const look = () => total.textContent === '100 clicks' && go(); look(); \
         new MutationObserver(look).observe(total, {childList: true}); })",
    )?;
    Ok(())
}
