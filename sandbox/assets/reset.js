// The page of the mailed link: a new root password, once.
"use strict";
const form = document.getElementById("reset_password_form");
if (form) {
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const body = new URLSearchParams({ action: "resetPasswordSubmitForm", type: "RootUser", key: boot.key,
      newpassword: document.getElementById("new_password").value, confirmpassword: document.getElementById("confirm_password").value });
    const answer = await (await fetch("/resetpassword", { method: "POST", body })).json();
    const good = answer.state === "SUCCESS";
    const error = document.getElementById("reset_password_error");
    error.setAttribute("style", good ? "display: none" : "display: block");
    error.textContent = good ? "" : answer.properties.Text;
    if (good) {
      form.remove();
      document.getElementById("reset_password_done").setAttribute("style", "display: block");
    }
  });
}
