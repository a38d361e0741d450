// SPDX-License-Identifier: GPL-3.0-or-later
// Words in the user's language. English is the key, so a missing catalogue still gives a page.

const LANGUAGES = { en: null, "zh-CN": "/zh_CN.json" };
let catalogue = {};
let current = "en";

function preferred() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("language");
  for (const tag of [asked, ...navigator.languages]) {
    if (tag?.toLowerCase().startsWith("zh")) return "zh-CN";
    if (tag?.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

/** t("LIVE {age} ms", {age: 40}): the translation, with each {name} replaced. */
export function t(text, values = {}) {
  return (catalogue[text] || text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const language = () => current;

export async function setLanguage(tag = preferred()) {
  const url = LANGUAGES[tag];
  try {
    catalogue = url ? await (await fetch(url)).json() : {};
    current = tag;
  } catch {
    catalogue = {};
    current = "en";
  }
  document.documentElement.lang = current;
}

export async function toggleLanguage() {
  const next = current === "en" ? "zh-CN" : "en";
  localStorage.setItem("language", next);
  await setLanguage(next);
}
