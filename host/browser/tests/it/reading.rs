//! What is read off a page is what a person sees.

use crate::on_both;
use crate::stage::SOON;

on_both! {
    what_is_hidden_has_no_text: |stage| {
        stage.open("hiding.html").await;
        assert_eq!(stage.css("#display").text(SOON).await.unwrap(), "By display");
        stage.css("#hide").click(Default::default(), SOON).await.unwrap();
        for id in ["#display", "#visibility", "#status", "script"] {
            assert_eq!(stage.css(id).text(SOON).await.unwrap(), "", "{id}");
        }
        // A code is waited for until it is shown.
        let status = stage.css("#status");
        let (code, ()) = tokio::join!(status.read_sealed("(Saved)", SOON), async {
            stage.css("#show").click(Default::default(), SOON).await.unwrap();
        });
        code.unwrap();
        stage.open("filling.html").await;
        assert_eq!(stage.css("#month option").first().text(SOON).await.unwrap(), "-");
    }
}
