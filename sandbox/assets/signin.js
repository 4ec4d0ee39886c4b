// The sign-in: containers are shown and hidden by their style attribute, which scripts read.
"use strict";
const $ = (id) => document.getElementById(id);
const parts = ["resolver_container", "captcha_container", "password_container", "mfa_container", "login_code_container", "password_recovery_container", "password_recovery_done"];
const visible = (id, on) => $(id).setAttribute("style", on ? "display: block" : "display: none");
const only = (id) => { for (const part of parts) visible(part, part === id); };
const query = new URLSearchParams(location.search);
$("new_account_container").href = boot.signup + "/billing/signup#/start";
let email = "", password = "", stage = "resolve", pending = null;

async function post(action, more = {}) {
  const body = new URLSearchParams({ action, email, ...more });
  const answer = await fetch("/signin", { method: "POST", body });
  await sleep(boot.section_ms);
  return answer.json();
}

function complain(title, words) {
  visible("error_message", Boolean(words));
  $("error_title").textContent = title || "";
  $("error_text").textContent = words || "";
}

function ask(properties) {
  pending = properties.CES;
  $("captcha_image").src = properties.CaptchaURL;
  $("captchaGuess").value = "";
  only("captcha_container");
  if (properties.wrong) complain("", "That wasn't right. Please try the new security check.");
}

async function resolve(more = {}) {
  stage = "resolve";
  const answer = await post("resolveAccountType", more);
  const p = answer.properties;
  if (answer.state !== "SUCCESS") { only("resolver_container"); complain(p.Title, p.Text); return; }
  if (p.CaptchaURL) { if (!p.wrong) complain(); ask(p); return; }
  complain();
  $("signin_email").textContent = email;
  only("password_container");
  $("password").focus();
}

// What was proved stays proved while more is asked.
let proof = {};
async function authenticate(more = {}) {
  stage = "password";
  proof = { ...proof, ...more };
  const redirect_uri = query.get("redirect_uri") || "/console/home";
  const answer = await post("authenticateRoot", { password, redirect_uri, ...proof });
  const p = answer.properties;
  if (answer.state !== "SUCCESS") {
    complain(p.Title, p.Text);
    for (const key of Object.keys(more)) delete proof[key];
    if (!more.mfa1 && !more.login_code) only("password_container");
    return;
  }
  if (p.CaptchaURL) { if (!p.wrong) complain(); ask(p); return; }
  complain();
  if (p.MFARequired) { only("mfa_container"); return; }
  if (p.LoginCodeRequired) { only("login_code_container"); return; }
  // The fragment that the browser came with belongs to the page it wanted.
  location.assign(p.resumes ? p.RedirectTo : p.RedirectTo + location.hash);
}

function on(form, act) {
  $(form).addEventListener("submit", async (e) => {
    e.preventDefault();
    const button = $(form).querySelector("button[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try { await act(); } finally { button.disabled = false; }
  });
}

on("resolver_container", async () => { email = $("resolving_input").value.trim(); await resolve(); });
on("captcha_container", async () => {
  const more = { captcha_token: pending, captcha_guess: $("captchaGuess").value };
  await (stage === "resolve" ? resolve(more) : authenticate(more));
});
on("password_container", async () => { proof = {}; password = $("password").value; await authenticate(); });
on("mfa_container", () => authenticate({ mfa1: $("mfacode").value.trim() }));
on("login_code_container", () => authenticate({ login_code: $("login_code").value.trim() }));

let recovery = null;
const askRecovery = (p) => { recovery = p.CES; $("password_recovery_captcha_image").src = p.CaptchaURL; $("password_recovery_captcha_guess").value = ""; };
$("root_forgot_password_link").addEventListener("click", async (e) => {
  e.preventDefault();
  complain();
  askRecovery((await post("captcha", { forgotpassword: "true" })).properties);
  only("password_recovery_container");
});
on("password_recovery_container", async () => {
  const answer = await post("getResetPasswordToken", { captcha_token: recovery, captcha_guess: $("password_recovery_captcha_guess").value });
  const p = answer.properties;
  const wrong = answer.state !== "SUCCESS" ? p.Text : p.CaptchaURL ? "That wasn't right. Please try the new security check." : "";
  visible("password_recovery_error_message", Boolean(wrong));
  $("password_recovery_error_message").textContent = wrong;
  if (p.CaptchaURL) askRecovery(p);
  if (!wrong) only("password_recovery_done");
});
