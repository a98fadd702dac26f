// Opens a report in Chromium, as a reader would; prints one line of JSON with what was found.
// node check_page.mjs CHROMIUM PAGE PICTURES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { VIEWS } from "./views.mjs";

const [executablePath, page, pictures] = process.argv.slice(2);
const address = pathToFileURL(page).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const found = { errors: [], requests: [], views: {} };

async function open(options, where = address) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  tab.on("console", (message) => message.type() === "error" && found.errors.push(message.text()));
  tab.on("pageerror", (error) => found.errors.push(String(error)));
  tab.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith("data:") && to.split("#")[0] !== address) found.requests.push(to);
  });
  await tab.goto(where);
  return tab;
}

const violations = (tab) => tab.evaluate(async () =>
  (await axe.run()).violations.map((each) => `${each.id}: ${each.nodes[0].html.slice(0, 120)}`));

for (const [name, options] of Object.entries(VIEWS)) {
  const tab = await open(options);
  const view = (found.views[name] = {});
  await tab.screenshot({ path: join(pictures, `${name}.png`) });
  view.background = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await tab.addStyleTag({ content: ".panel { content-visibility: visible !important }" });
  view.width = await tab.evaluate(() => document.documentElement.scrollWidth);
  // a verdict that is cut off at the right is none
  view.hidden = await tab.evaluate(() => [...document.querySelectorAll("td.verdict")]
    .filter((cell) => cell.checkVisibility() && cell.getBoundingClientRect().right > innerWidth).length);
  await tab.addScriptTag({ content: axe });
  view.folded = await violations(tab);
  await tab.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  view.violations = await violations(tab);
  view.width_open = await tab.evaluate(() => document.documentElement.scrollWidth);
  await tab.context().close();
}

const tab = await open(VIEWS.wide);
const shown = () => tab.locator("table.numbers tbody tr:visible").count();
found.all = await tab.locator("table.numbers tbody tr").count();
await tab.fill("#search", "fig4a successes");
found.searched = await shown();
found.said = await tab.locator("#found").textContent();
await tab.click("#clear");
await tab.selectOption("#verdict", "differs");
found.differ = await shown();
await tab.click("#clear");
const table = tab.locator("#panel-4A table.numbers").first();
await tab.evaluate(() => document.querySelectorAll("#panel-4A details").forEach((d) => (d.open = true)));
await table.locator("thead button").nth(1).click();
found.sorted = await table.locator("tbody tr td:nth-child(2)").evaluateAll(
  (cells) => cells.map((cell) => Number(cell.dataset.n ?? cell.textContent)));

const deep = await open(VIEWS.phone, `${address}#fig4a.IT.BigGAN.rate`);
await deep.waitForTimeout(300);
found.scrolled = await deep.evaluate(() => {
  const box = document.getElementById("fig4a.IT.BigGAN.rate").getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.top < innerHeight;
});

const plain = await open({ ...VIEWS.wide, javaScriptEnabled: false });
found.without_script = {
  tools: await plain.locator(".tools").isVisible(),
  answer: await plain.locator(".answer").isVisible(),
};
const pdf = await (await open(VIEWS.wide)).pdf({ format: "A4" });
found.pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
await browser.close();
console.log(JSON.stringify(found));
