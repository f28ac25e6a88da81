// Building the page. Text is only ever set as text: nothing that a service says is read as HTML.

/** An element with attributes, listeners ("onclick": function) and children, of which strings become text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
}

/** A link that opens beside the page; an address that is not of the web is shown as text. */
export function link(url, label) {
  if (!/^https?:\/\//.test(url)) return element("span", {}, `${label} (${url})`);
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** A part of the page that opens. */
export function folded(summary, ...children) {
  return element("details", {}, element("summary", {}, summary), ...children);
}
