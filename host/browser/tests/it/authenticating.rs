//! A site that is locked by HTTP authentication gets the credentials of its own origin, and no
//! others.

use mavm_browser::{Credentials, Error, LockedBy, Selector, SessionOptions, TextMatch};
use secrecy::SecretString;

use crate::on_both;
use crate::services::{PASSWORD, USER};
use crate::stage::{Build, SOON, Stage};

fn options(origin: &str, password: &str) -> SessionOptions {
    let credentials = Credentials {
        origin: Stage::origin(origin),
        user: USER.to_owned(),
        password: SecretString::from(password),
    };
    SessionOptions { credentials: vec![credentials], ..Stage::options() }
}

/// A name on the site that no other test uses.
fn name(build: Build, test: &str) -> String {
    format!("{test}-{build:?}")
}

on_both! {
    a_locked_site_is_opened_with_its_credentials: |stage| {
        let stage = Stage::with(stage.build, options(&Stage::own(""), PASSWORD)).await;
        let name = name(stage.build, "opened");
        stage.page.goto(&Stage::own(&format!("/locked/{name}")), SOON).await.unwrap();
        // What the site shows of them is masked.
        assert_eq!(stage.log().await, "inside Basic ••••");
        stage.page.reload(SOON).await.unwrap();
        assert_eq!(stage.page.title(SOON).await.unwrap(), "Inside");
        stage.session.close().await;
    }

    a_locked_site_without_credentials_says_what_to_configure: |stage| {
        let name = name(stage.build, "none");
        let error = stage.page.goto(&Stage::own(&format!("/locked/{name}")), SOON).await.unwrap_err();
        let Error::Unauthorized(why) = &error else { panic!("{error}") };
        assert_eq!((why.origin.as_str(), why.realm.as_str(), why.problem), (Stage::own("").as_str(), "the room", LockedBy::NoCredentials));
        assert!(error.to_string().contains("add credentials for this origin"), "{error}");
        assert_eq!(stage.site.count(&format!("locked/{name} with")), 0);
        // What comes next is not in the way of it.
        stage.open("plain.html").await;
        assert_eq!(stage.log().await, "arrived");
    }

    a_locked_site_that_says_nothing_else_is_one: |stage| {
        let name = name(stage.build, "silent");
        let error = stage.page.goto(&Stage::own(&format!("/locked/{name}")), SOON).await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized(_)), "{error}");
    }

    wrong_credentials_are_given_once: |stage| {
        let stage = Stage::with(stage.build, options(&Stage::own(""), "wrong")).await;
        let name = name(stage.build, "wrong");
        let error = stage.page.goto(&Stage::own(&format!("/locked/{name}")), SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Unauthorized(why) if why.problem == LockedBy::Refused), "{error}");
        assert_eq!(stage.site.count(&format!("locked/{name} with")), 1);
        let then = stage.css("#log").text(SOON).await;
        assert!(matches!(then, Err(Error::Unauthorized(_))), "{then:?}");
        stage.session.close().await;
    }

    another_origin_does_not_get_them: |stage| {
        let stage = Stage::with(stage.build, options(&Stage::own(""), PASSWORD)).await;
        let name = name(stage.build, "other");
        stage.open(&format!("locked-parts.html?{name}")).await;
        stage.css("#log").filter_text(TextMatch::exact("200")).text(SOON).await.unwrap();
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#log"));
        let error = inside.text(SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Unauthorized(why) if why.problem == LockedBy::NoCredentials), "{error}");
        assert_eq!(stage.site.count(&format!("locked/{name}-frame with")), 0);
        stage.session.close().await;
    }

    a_locked_part_of_a_page_does_not_hang_it: |stage| {
        let name = name(stage.build, "part");
        stage.open(&format!("locked-parts.html?{name}")).await;
        stage.css("#log").filter_text(TextMatch::exact("401")).text(SOON).await.unwrap();
    }
}
