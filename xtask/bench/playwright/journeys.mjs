// The journeys as a Playwright script would do them: the same pages and values as our plugins.

const FORM = {
  "Full name": "Erika Example", "Company": "Example Ltd", "Street": "Example Street",
  "House number": "1", "Postal code": "10115", "City": "Berlin", "State": "Berlin",
  "Telephone": "+491701234567", "Mail address": "invoices@mavm.example", "Reference": "A-1",
};

export async function form(page, at) {
  await page.goto(at.shop + "/form", { waitUntil: "domcontentloaded" });
  for (const [label, value] of Object.entries(FORM)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel("Country", { exact: true }).selectOption("Germany");
  await page.getByLabel("Newsletter", { exact: true }).check();
  await page.getByLabel("Express", { exact: true }).check();
  await page.getByLabel("Notes", { exact: true }).fill("Ring twice");
  await page.getByLabel("I agree to the terms", { exact: true }).check();
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.getByText("Thank you", { exact: true }).waitFor();
}

export async function frame(page, at) {
  await page.goto(at.shop + "/pay", { waitUntil: "domcontentloaded" });
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  const bank = page.frameLocator("iframe[name=challenge]");
  await bank.getByLabel("One-time password", { exact: true }).fill("123456");
  await bank.getByRole("button", { name: "Confirm", exact: true }).click();
  await page.getByText("Paid", { exact: true }).waitFor();
}

export async function list(page, at) {
  await page.goto(at.shop + "/list", { waitUntil: "domcontentloaded" });
  for (let n = 0; n < 100; n += 1) {
    await page.getByRole("button", { name: `Row ${n % 20}`, exact: true }).click();
  }
  await page.getByText("100 clicks", { exact: true }).waitFor();
}
