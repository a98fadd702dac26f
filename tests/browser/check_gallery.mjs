// Opens the gallery in Chromium, as a reader would; prints one line of JSON with what was found.
// node check_gallery.mjs CHROMIUM PAGE PICTURES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { VIEWS } from "./views.mjs";

const [executablePath, page, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const found = { errors: [], elsewhere: [], views: {} };
for (const [name, options] of Object.entries(VIEWS)) {
  const tab = await (await browser.newContext(options)).newPage();
  tab.on("console", (message) => message.type() === "error" && found.errors.push(message.text()));
  tab.on("pageerror", (error) => found.errors.push(String(error)));
  tab.on("request", (request) => request.url().startsWith("file:") || found.elsewhere.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  await tab.evaluate(() => document.querySelectorAll("img").forEach((each) => (each.loading = "eager")));
  await tab.waitForFunction(() => [...document.images].every((each) => each.complete));
  await tab.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  await tab.addScriptTag({ content: axe });
  found.views[name] = {
    width: await tab.evaluate(() => document.documentElement.scrollWidth),
    shown: await tab.evaluate(() => [...document.images].filter((each) => each.naturalWidth > 0).length),
    violations: await tab.evaluate(async () => (await axe.run()).violations.map((each) => each.id)),
  };
}
await browser.close();
console.log(JSON.stringify(found));
