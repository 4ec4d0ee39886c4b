//! What counts as a match: texts, labels, attributes, filters, and what is visible.

use mavm_browser::{Error, Locator, Selector, TextMatch};

use crate::on_both;
use crate::stage::{SOON, Stage};

/// The ids of all matches, in their order.
async fn ids(locator: &Locator) -> String {
    let mut ids = Vec::new();
    for place in 0..locator.count(SOON).await.unwrap() {
        let one = locator.nth(i32::try_from(place).unwrap());
        ids.push(one.attribute("id", SOON).await.unwrap().unwrap_or_default());
    }
    ids.join(" ")
}

async fn each(stage: &Stage, within: &str, cases: Vec<(Selector, &str)>) {
    for (selector, found) in cases {
        let locator = stage.css(within).locate(selector);
        assert_eq!(ids(&locator).await, found, "{locator}");
    }
}

on_both! {
    texts: |stage| {
        stage.open("matching.html").await;
        let (exact, contains, regex) = (TextMatch::exact, TextMatch::contains, TextMatch::regex);
        let cases: Vec<(TextMatch, &str)> = vec![
            (exact("Sign in"), "nbsp"),
            (exact(" Sign \t in\n"), "nbsp"),
            (exact("hello there"), "comment"),
            (exact("Pay, today!"), "whole"),
            (contains("pay, TODAY"), "whole"),
            (contains("today"), "part"),
            (exact("today!"), ""),
            (regex("^toda."), "part"),
            (exact("It's \"quoted\" \\ here >> so"), "quotes"),
            (regex("'s \"quoted\""), "quotes"),
            (exact("upper case"), ""),
            (regex("(?i)^upper case$"), "upper"),
            (exact("unbreakable"), "soft"),
            (exact("content"), "value-content"),
            (exact("value"), ""),
            (exact("From value"), "value"),
            (exact("twice"), "twice-a twice-b"),
        ];
        each(&stage, "#texts", cases.into_iter().map(|(text, found)| (Selector::Text(text), found)).collect()).await;
    }

    only_text_that_is_drawn_counts: |stage| {
        stage.open("matching.html").await;
        let (exact, contains, regex) = (TextMatch::exact, TextMatch::contains, TextMatch::regex);
        let cases: Vec<(TextMatch, &str)> = vec![
            (contains("card declined"), ""),
            (regex("Card declined"), ""),
            (exact("Card declined Pay notnow"), ""),
            (exact("Pay now"), "pay"),
            (contains("saved"), ""),
            (exact("for good"), "kept"),
            (contains("because"), ""),
            (contains("and of that"), ""),
            (exact("Why"), "summary"),
            (exact("How By opening it"), "open"),
            (contains("laid out"), ""),
            (exact("Sticks out"), "in-flat"),
            (exact("No box"), "boxless"),
            (contains("in nothing"), ""),
            (contains("chosen"), "choice listed-two"),
            (contains("other one"), ""),
            (exact("Listed one"), "listed"),
            (contains("paint"), ""),
            (contains("no slot"), ""),
            (contains("nor that"), ""),
            (exact("Nothing is slotted"), "lost"),
            (exact("A slot takes this"), "taken"),
            (contains("or nothing"), ""),
        ];
        each(&stage, "#drawn", cases.into_iter().map(|(text, found)| (Selector::Text(text), found)).collect()).await;
    }

    labels: |stage| {
        stage.open("matching.html").await;
        let (exact, contains, regex) = (TextMatch::exact, TextMatch::contains, TextMatch::regex);
        let cases: Vec<(TextMatch, &str)> = vec![
            (contains("st na"), "nested"),
            (exact("Last Name"), "nested"),
            (regex(r"(?i)last\s+name"), "nested"),
            (exact("Last"), ""),
            (exact("last name"), ""),
            (exact("Name of it"), "several"),
            (exact("First or other"), "several"),
            (exact("Name of it First or other"), "several"),
            (exact("Outer"), "other"),
            (exact("Named by"), "by-it"),
            (exact("Kind"), "kind"),
            (exact("Amount"), "amount"),
            (exact("Empty one"), "empty-aria"),
            (exact("Agree"), "agree"),
            (contains("Hidden"), ""),
        ];
        each(&stage, "#labels", cases.into_iter().map(|(text, found)| (Selector::Label(text), found)).collect()).await;
    }

    attributes: |stage| {
        stage.open("matching.html").await;
        for (of, whole, other) in [
            (Selector::Placeholder as fn(TextMatch) -> Selector, "ph", "ph2"),
            (Selector::AltText, "alt", "alt2"),
            (Selector::Title, "ti", "ti2"),
        ] {
            each(&stage, "#attributes", vec![
                (of(TextMatch::contains("hello")), &format!("{whole} {other}")),
                (of(TextMatch::exact("Hello")), other),
                (of(TextMatch::exact("Hello World")), whole),
                (of(TextMatch::regex("(?i)WOR")), whole),
            ]).await;
        }
    }

    filters: |stage| {
        stage.open("matching.html").await;
        let rows = stage.css("#rows .row");
        let named = |name: &str| rows.filter_text(TextMatch::contains(name));
        assert_eq!(ids(&named("Ann")).await, "ann");
        assert_eq!(ids(&named("cem")).await, "ben inner");
        assert_eq!(ids(&named("ben").filter_text(TextMatch::contains("cem"))).await, "ben");
        let edit = stage.page.locator(Selector::role_named("button", "Edit"));
        assert_eq!(ids(&rows.filter_has(&edit).unwrap()).await, "ann ben");
        assert_eq!(ids(&rows.filter_has(&stage.css(".row")).unwrap()).await, "ben");
        let cem = stage.css("span").filter_text(TextMatch::exact("Cem"));
        assert_eq!(ids(&rows.filter_has(&cem).unwrap()).await, "ben inner");
        let spans = rows.locate(Selector::css("span"));
        assert_eq!(spans.count(SOON).await.unwrap(), 3, "what is found twice counts once");
        assert_eq!(spans.last().text(SOON).await.unwrap(), "Cem");
        assert_eq!(ids(&stage.css("#inner").or(&stage.css("#ann")).unwrap().or(&stage.css("#none")).unwrap()).await, "ann inner");
        assert_eq!(ids(&stage.css("#rows").locate(Selector::css("section"))).await, "", "a scope is not inside of itself");
        assert_eq!(ids(&rows.nth(-3)).await, "ann");
        assert_eq!(ids(&rows.nth(-4)).await, "");
        let error = rows.is_visible(SOON).await.unwrap_err();
        assert!(matches!(error, Error::NotUnique(_)), "{error}");
    }

    visibility: |stage| {
        stage.open("matching.html").await;
        for (id, visible) in [
            ("zero", false), ("off", true), ("clear", true), ("unseen", false), ("seen", true), ("folded", false),
            ("contents", true), ("empty-contents", false), ("around", false), ("not-there", false),
        ] {
            assert_eq!(stage.css(&format!("#{id}")).is_visible(SOON).await.unwrap(), visible, "{id}");
        }
    }

    css_reaches_into_open_shadow_roots: |stage| {
        stage.open("deep.html").await;
        for (css, found) in [
            ("#target", "target"),
            ("my-outer #target", "target"),
            ("main my-inner > .leaf", "target"),
            ("main > my-outer > my-inner .leaf + b", "beside"),
            ("main .leaf ~ b[title='a > b, c']", "beside"),
            ("my-inner > .leaf, #light", "light target"),
            ("main > .leaf", ""),
            ("my-inner my-outer .leaf", ""),
            (":is(#target, #beside):not(b)", "target"),
            ("main:has(#target) #slotted", "slotted"),
            ("my-inner:has(> .leaf + b) #beside", "beside"),
            ("b:is(main > my-outer *):not(nav *)", "beside"),
            ("#target:not(main *), #beside:not(:scope *)", ""),
            (".slotted", "slotted"),
            ("my-outer > .slotted", "slotted"),
        ] {
            assert_eq!(ids(&stage.css(css)).await, found, "{css}");
        }
        let later = stage.css("my-inner .later");
        let (shown, ()) = tokio::join!(later.wait_for(mavm_browser::ElementState::Visible, SOON), async {
            stage.css("#add").click(Default::default(), SOON).await.unwrap();
        });
        shown.unwrap();
    }

    errors_list_candidates_that_are_found_alone_even_on_a_huge_page: |stage| {
        stage.open("huge.html").await;
        let error = stage.css("button").click(Default::default(), SOON).await.unwrap_err();
        let Error::NotUnique(many) = &error else { panic!("{error}") };
        assert_eq!((many.count, many.candidates.len()), (5_000, 10));
        assert!(many.candidates.iter().all(|candidate| candidate.what.starts_with("<button")), "{error}");
        // The first has a name of its own, the others only their place.
        assert_eq!(many.candidates[0].locator, "role(Button, \"The first one\")");
        let third = many.candidates[2].locator.strip_prefix("css(\"").and_then(|css| css.strip_suffix("\")"));
        assert_eq!(stage.css(third.unwrap()).count(SOON).await.unwrap(), 1);
        stage.page.wait_for_load(mavm_browser::LoadState::NetworkIdle, SOON).await.unwrap();
        let error = stage.button("The frist one").click(Default::default(), crate::stage::BRIEF).await.unwrap_err();
        let Error::PageChanged(change) = &error else { panic!("{error}") };
        assert_eq!(change.nearest[0].locator, "role(Button, \"The first one\")", "{error}");
    }
}
