//! Who guesses at a sealed value that a page shows again learns nothing from what is found, from errors
//! or from keys.

use mavm_browser::{ClickOptions, Error, Sealed, Selector, SessionOptions, TextMatch, Value};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

const SECRET: &str = "4539578763621486";
/// The right one first.
const GUESSES: [&str; 2] = ["45395787", "45395788"];

fn sealed() -> Sealed {
    Sealed::new(SECRET.into(), vec![Stage::origin(&Stage::own(""))])
}

async fn filled(stage: &Stage) {
    stage.open("echoing.html").await;
    stage.css("#q").fill(Value::Sealed(sealed()), SOON).await.unwrap();
}

on_both! {
    what_is_looked_for_is_not_compared_with_a_value: |stage| {
        filled(&stage).await;
        for guess in GUESSES {
            let part = || TextMatch::contains(guess);
            let pattern = || TextMatch::regex(format!("{guess}.*"));
            let named = |name| Selector::Role { role: "button".to_owned(), name: Some(name) };
            for selector in [
                Selector::Text(part()), Selector::Text(pattern()), Selector::Title(part()),
                Selector::Placeholder(pattern()), named(part()), named(pattern()),
                Selector::Text(TextMatch::exact(format!("No results for {SECRET}"))),
            ] {
                let found = stage.page.locator(selector).count(SOON).await.unwrap();
                assert_eq!(found, 0, "{guess}");
            }
            assert_eq!(stage.css("#echo").filter_text(part()).count(SOON).await.unwrap(), 0);
            assert!(stage.css("#echo").wait_for_text(&part(), BRIEF).await.is_err());
        }
        // The mask is what the page says.
        stage.css("#echo").wait_for_text(&TextMatch::exact("No results for ••••"), SOON).await.unwrap();
        assert_eq!(stage.page.locator(Selector::Text(TextMatch::contains("No results for"))).count(SOON).await.unwrap(), 1);
    }

    css_does_not_ask_for_what_holds_a_value: |stage| {
        filled(&stage).await;
        for css in ["#mirror[value^='4']", "[value*=x]", "input:not([ value=a])", ":has([*|value^='4'])", "[/**/value^='4']", "[v\\61lue^='4']", "[value^='4'", "[title]", "[VALUE^='4']", "svg[viewBox^='4']", "svg[viewbox^='4']", "svg[*|viewBox^='4']", "svg[*|role^='4']", ":not(#\\[)[value^='4']", ":not(.\\\"x)[value^='4']"] {
            let error = stage.css(css).count(SOON).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(why) if why.contains("css may")), "{css}: {error}");
        }
        for css in ["#mirror.plain", "input[id=other]", "label > input"] {
            assert_eq!(stage.css(css).count(SOON).await.unwrap(), 1, "{css}");
        }
        // Without its star this asks for no attribute that holds one.
        assert_eq!(stage.css("svg[role^='4']").count(SOON).await.unwrap(), 0);
    }

    an_option_is_not_chosen_by_a_value: |stage| {
        filled(&stage).await;
        let mut told = Vec::new();
        for guess in [SECRET, "4539578763621487"] {
            let error = stage.css("#list").select(&[mavm_browser::Choice::Either(TextMatch::exact(guess))], BRIEF).await.unwrap_err();
            told.push(error.to_string().replace(guess, ""));
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains("••••"), "{}", told[0]);
    }

    errors_say_what_was_asked_as_it_was_asked: |stage| {
        filled(&stage).await;
        for guess in GUESSES {
            for css in [format!("[[{guess}"), format!("x{guess}[")] {
                let error = stage.css(&css).count(SOON).await.unwrap_err().to_string();
                assert!(error.contains(guess) && !error.contains("••••"), "{error}");
            }
            let error = stage.css(&format!("x-{guess}")).click(ClickOptions::default(), BRIEF).await.unwrap_err();
            assert!(error.to_string().contains(guess), "{error}");
        }
    }

    keys_take_no_value_apart: |stage| {
        for field in ["#q", "#area"] {
            stage.open("echoing.html").await;
            let field = stage.css(field);
            field.fill(Value::Sealed(sealed()), SOON).await.unwrap();
            for key in ["ArrowUp", "Delete", "Backspace", "x", "Control+Z"] {
                let error = field.press(key, SOON).await.unwrap_err();
                assert!(matches!(&error, Error::Invalid(why) if why.contains("fill it anew")), "{key}: {error}");
            }
            assert!(matches!(field.type_keys("x", SOON).await, Err(Error::Invalid(_))));
            field.press("Tab", SOON).await.unwrap();
            assert_eq!(stage.css("#echo").text(SOON).await.unwrap(), "No results for ••••");
            field.fill("", SOON).await.unwrap();
            field.type_keys(Value::Sealed(sealed()), SOON).await.unwrap();
            assert_eq!(stage.css("#echo").text(SOON).await.unwrap(), "No results for ••••");
            field.fill("plain", SOON).await.unwrap();
            assert_eq!(stage.css("#echo").text(SOON).await.unwrap(), "No results for plain");
        }
        stage.css("#area").fill(Value::Sealed(sealed()), SOON).await.unwrap();
        assert!(stage.css("#area").press("Enter", SOON).await.is_err());
    }

    a_piece_of_a_value_is_not_dragged: |stage| {
        let (groups, other) = (stage.css("#groups"), stage.css("#other"));
        let twice = ClickOptions { count: 2, ..ClickOptions::default() };
        stage.open("echoing.html").await;
        stage.css("#q").fill("abcdefghijklmnop", SOON).await.unwrap();
        groups.click(twice, SOON).await.unwrap();
        groups.drag_to(&other, SOON).await.unwrap();
        assert_ne!(other.value(SOON).await.unwrap(), "");
        filled(&stage).await;
        groups.click(twice, SOON).await.unwrap();
        let dragged = groups.drag_to(&other, SOON).await;
        assert!(matches!(dragged, Err(Error::Invalid(_))), "{dragged:?}");
        assert_eq!(other.value(SOON).await.unwrap(), "");
    }

    a_session_masks_what_it_is_told_from_its_beginning: |stage| {
        let options = SessionOptions { masked: vec![sealed()], ..Stage::options() };
        let stage = Stage::with(stage.build, options).await;
        stage.open("echoing.html").await;
        // As if the site had known it.
        stage.css("#q").fill(SECRET, SOON).await.unwrap();
        assert_eq!(stage.css("#echo").text(SOON).await.unwrap(), "No results for ••••");
        let found = stage.page.locator(Selector::Text(TextMatch::contains(GUESSES[0])));
        assert_eq!(found.count(SOON).await.unwrap(), 0);
    }

    a_value_of_many_signs_is_looked_for_in_good_time: |stage| {
        stage.open("echoing.html").await;
        let value = Sealed::new("--------------1".into(), vec![Stage::origin(&Stage::own(""))]);
        stage.css("#q").fill(Value::Sealed(value), SOON).await.unwrap();
        stage.css("#area").fill("-".repeat(200).as_str(), SOON).await.unwrap();
        let echo = stage.page.locator(Selector::Text(TextMatch::contains("No results for")));
        assert_eq!(echo.count(SOON).await.unwrap(), 1);
    }

    a_pattern_that_never_ends_is_ended: |stage| {
        stage.open("echoing.html").await;
        let endless = stage.page.locator(Selector::Text(TextMatch::regex("^(a+)+$")));
        assert!(endless.text(BRIEF).await.is_err());
        assert_eq!(stage.css("#go").text(SOON).await.unwrap(), "Go");
    }
}
