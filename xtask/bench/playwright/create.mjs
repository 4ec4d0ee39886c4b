// The whole create flow, page by page as our plugins do it. Mails, messages and the call's other end
// are asked of the practice console's control address.

const PASSWORD = "Pr4ctice-bench-password";

async function control(at, path, body) {
  const answer = await fetch(at.control + path, body && {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  return { ok: answer.ok, body: await answer.json() };
}

// Asks until there is an answer; the page is shown a moment before the message is sent.
async function until(ask) {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((go) => setTimeout(go, 20));
  }
  throw new Error("nothing came in 30 seconds");
}

async function message(at, kind, email, pattern) {
  return until(async () => {
    const { body } = await control(at, "/practice/state");
    for (const found of body[kind].filter((one) => JSON.stringify(one).includes(email)).reverse()) {
      const source = await (await fetch(`${at.control}/practice/${kind}/${found.id}`)).text();
      const match = pattern.exec(source);
      if (match) return match[1];
    }
    return undefined;
  });
}

async function pick(page, id, option) {
  await page.locator(`#${id} > div > awsui-icon > span`).click();
  await page.locator(`#${id}-dropdown-options`).getByText(option, { exact: true }).first().click();
}

const submit = (page, form) => page.locator(`#${form} button[type=submit]`).click();

async function signUp(page, at, email) {
  await page.goto(at.signup + "/billing/signup#/start", { waitUntil: "domcontentloaded" });
  await page.locator("input[name=emailAddress]").fill(email);
  await page.locator("input[name=fullName]").fill("bench");
  await submit(page, "EmailValidationSendOTP");

  const otp = page.locator("#EmailValidationVerifyOTP #otp input");
  await otp.waitFor();
  await otp.fill(await message(at, "mails", email, /Verification code:\s*([0-9]+)/));
  await submit(page, "EmailValidationVerifyOTP");

  await page.locator("#CredentialCollection input[name=password]").fill(PASSWORD);
  await page.locator("#CredentialCollection input[name=rePassword]").fill(PASSWORD);
  await page.locator("#CredentialCollection button:first-child").first().click();
  await submit(page, "CredentialCollection");

  await page.locator("#awsui-radio-button-1").check();
  for (const [name, value] of [["fullName", "Erika Example"], ["company", "Example Ltd"],
    ["phoneNumber", "+491701234567"], ["addressLine1", "Example Street 1"], ["city", "Berlin"],
    ["state", "Berlin"], ["postalCode", "10115"]]) {
    await page.locator(`#ContactInformation input[name='address.${name}']`).fill(value);
  }
  await page.locator("#awsui-select-2 > div > awsui-icon > span").click();
  await page.getByLabel("Country or Region", { exact: true }).last().fill("Germany");
  await page.locator("#awsui-select-2-dropdown-options").getByText("Germany", { exact: true }).first().click();
  await page.locator("input[name=agreement]").check();
  await submit(page, "ContactInformation");

  await page.locator("input[name=cardNumber]").fill("4111111111111111");
  await pick(page, "awsui-select-3", "March");
  await pick(page, "awsui-select-4", "2030");
  await page.locator("input[name=accountHolderName]").fill("Erika Example");
  await submit(page, "PaymentInformation");

  if (at.challenged) {
    const bank = page.frameLocator("iframe[name=challenge]");
    const field = bank.getByLabel("One-time password", { exact: true });
    await field.waitFor();
    await field.fill(await message(at, "sms", email, /([0-9]{6})/));
    await bank.getByRole("button", { name: "Confirm", exact: true }).click();
  }

  await page.locator("input[name=divaMethod][value=Phone]").check();
  await page.locator("#IdentityVerification input[name=phoneNumber]").fill(at.number);
  await submit(page, "IdentityVerification");
  const pin = page.locator("#phonePin").filter({ hasText: /^\s*[0-9]{4}\s*$/ });
  const digits = (await pin.textContent()).trim();
  await until(async () => {
    const { ok, body } = await control(at, "/practice/phone/answer", { number: at.number, digits });
    return ok && body.accepted ? true : undefined;
  });
  await submit(page, "SupportPlan");
  await page.locator("#aws-signup-app div.App_content_5H0by awsui-button > a").waitFor();
}

async function setUp(page, at, email) {
  const open = (path) => page.goto(at.console + path, { waitUntil: "domcontentloaded" });
  const saved = () => page.getByRole("status").filter({ hasText: /saved/ }).first().waitFor();
  await open("/console/home");
  await page.locator("#resolving_input").fill(email);
  await page.locator("#next_button").click();
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#signin_button").click();
  await page.getByRole("heading", { name: "Console Home" }).waitFor();

  await open("/billing/rest/v1.0/account");
  const account = JSON.parse(await page.locator("pre").textContent());

  await open("/billing/home?#/account");
  await page.locator("#account__edit-currency-preference").click();
  await page.locator("#account__select-currencies-list").selectOption("EUR");
  await page.locator("#billing-console-root .account-information-update-buttons.margin-top-10:not(.ng-scope) > button.btn-primary").click();
  await saved();

  await page.reload({ waitUntil: "domcontentloaded" });
  await page.getByRole("button", { name: "Edit billing contact" }).click();
  for (const [name, value] of [["name", "Erika Example"], ["title", "Accounting"],
    ["email", "invoices@mavm.example"], ["phone", "+491701234567"]]) {
    await page.locator(`#billing-contact-${name}`).fill(value);
  }
  await page.locator("#billing-console-root .account-information-update-buttons.margin-top-10.ng-scope > button.btn-primary").click();
  await saved();

  await open("/billing/home?#/preferences");
  await page.reload({ waitUntil: "domcontentloaded" });
  await page.getByLabel("PDF Invoice By Email").check();
  await page.locator("#billing-console-root div.aws-billing-console-span10 > div.plutonium button").click();
  await saved();

  const role = "OVMCrossAccountRole", template = "https://example-bucket.s3.amazonaws.com/crossaccountrole.yaml";
  await open(`/cloudformation/home?region=us-east-1#/stacks/create/review?templateUrl=${encodeURIComponent(template)}`
    + `&stackName=ovm-role&param_Principal=123456789012&param_RoleName=${role}`);
  await page.locator("#CAPABILITY_NAMED_IAM-checkbox-control_0").check();
  await page.getByTestId("create-stack-button").click();
  await page.getByTestId("stack-status").waitFor();
  await open("/cloudformation/home?region=us-east-1#/stacks");
  await page.reload({ waitUntil: "domcontentloaded" });
  await page.getByRole("link", { name: "ovm-role", exact: true }).click();
  await page.getByTestId("stack-status").filter({ hasText: "CREATE_COMPLETE" }).first().waitFor();
  return `arn:aws:iam::${account.accountId}:role/${role}`;
}

// The proof that the role can be assumed. The practice console checks that a request is signed, not
// the signature.
async function assume(at, arn) {
  const body = new URLSearchParams({ Action: "AssumeRole", Version: "2011-06-15", RoleArn: arn, RoleSessionName: "bench" });
  const answer = await fetch(at.sts, { method: "POST", body, headers: { authorization: "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00" } });
  if (!answer.ok) throw new Error(`the role can't be assumed: ${await answer.text()}`);
}

export async function create(page, at, { again }) {
  const email = `root+${crypto.randomUUID()}@mavm.example`;
  await signUp(page, at, email);
  // The root user has a session of its own, as in our flow.
  const arn = await again((root) => setUp(root, at, email));
  await assume(at, arn);
}
