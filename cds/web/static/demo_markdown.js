// The Markdown that cards use: paragraphs, lists, bold, italics, links, escaped characters. Anything else is text.
import { element, link } from "./demo_page.js";

const INLINE = /\\([!-/:-@[-`{-~])|\*\*([\s\S]+?)\*\*|\[((?:\\.|[^\]\\])+)\]\((https?:\/\/[^\s)]+)\)/g;

/** A card's detail as nodes. */
export function markdown(text) {
  const made = document.createDocumentFragment();
  for (const block of text.split(/\n{2,}/)) {
    let lines = [];
    let list = null;
    const flush = () => {
      if (lines.length) made.append(element("p", {}, ...broken(lines)));
      lines = [];
    };
    for (const line of block.split("\n")) {
      const item = /^[-*] (.*)$/.exec(line);
      if (!item) {
        list = null;
        lines.push(line);
        continue;
      }
      flush();
      if (!list) made.append((list = element("ul")));
      list.append(element("li", {}, ...inline(item[1])));
    }
    flush();
  }
  return made;
}

function broken(lines) {
  return lines.flatMap((line, number) => (number ? [element("br"), ...inline(line)] : inline(line)));
}

function inline(text) {
  const italic = /^_(.+)_$/.exec(text);
  if (italic) return [element("em", {}, ...inline(italic[1]))];
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[1]) parts.push(found[1]);
    else if (found[2]) parts.push(element("strong", {}, ...inline(found[2])));
    else parts.push(link(found[4], found[3]));
  }
  parts.push(text.slice(from));
  return parts;
}
