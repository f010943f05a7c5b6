/* SPDX-License-Identifier: MIT */
/* What the triage page can do besides being read: zoom and search.  Text from the program
 * under test is only ever given to textContent, never parsed. */
"use strict";
(() => {
	const byId = (id) => document.getElementById(id);
	const svgName = "http://www.w3.org/2000/svg";

	/* ---- The flame graph: columns of numbers, one row for each node, parents first. */
	const flame = (() => {
		const place = byId("flame");
		const source = byId("flame-data");
		if (!place || !source)
			return null;
		const data = JSON.parse(source.textContent);
		const rowHeight = 18, labelWidth = 6.9, narrowest = 0.0008;
		const count = data.name.length;
		const parent = new Int32Array(count), last = new Int32Array(count);
		let metric = data.metric, top = 0, now = 0, found = null, shown = [];

		/* The rows of a node's subtree are [node, last[node]). */
		for (let i = 0, path = []; i < count; i++) {
			path.length = data.depth[i];
			parent[i] = path.length > 0 ? path[path.length - 1] : -1;
			path.push(i);
			for (const node of path)
				last[node] = i + 1;
		}
		const value = (node) => data.values[metric][node];
		const name = (node) => data.names[data.name[node]];
		const amount = (number) => {
			if (data.units[metric] !== "bytes")
				return number.toLocaleString("en") + " blocks";
			const units = ["B", "KiB", "MiB", "GiB", "TiB"];
			let unit = 0;
			for (; number >= 1024 && unit < 4; unit++)
				number /= 1024;
			return (unit ? number.toFixed(1) : number) + " " + units[unit];
		};
		const percent = (node, of) => (value(of) ? (value(node) / value(of)) * 100 : 0).toFixed(1) + " %";
		const describe = (node) => name(node) + " \u2014 " + amount(value(node)) + ", " +
			percent(node, 0) + " of all" + (top ? ", " + percent(node, top) + " of what is shown" : "");

		function box(node, start, width, row) {
			const frame = document.createElementNS(svgName, "svg");
			const rect = document.createElementNS(svgName, "rect");
			const title = document.createElementNS(svgName, "title");
			frame.setAttribute("x", start * 100 + "%");
			frame.setAttribute("y", row * rowHeight);
			frame.setAttribute("width", width * 100 + "%");
			frame.setAttribute("height", rowHeight);
			frame.setAttribute("class", data.kinds[data.kind[node]] + (found && found.has(node) ? " found" : ""));
			frame.setAttribute("role", "button");
			frame.setAttribute("tabindex", node === now ? "0" : "-1");
			frame.setAttribute("data-node", node);
			title.textContent = describe(node);
			rect.setAttribute("width", "100%");
			rect.setAttribute("height", "100%");
			frame.append(title, rect);
			if (width * place.clientWidth > 3 * labelWidth) {
				const text = document.createElementNS(svgName, "text");
				text.setAttribute("x", 4);
				text.setAttribute("y", 13);
				text.textContent = name(node);
				frame.append(text);
			}
			return frame;
		}

		/* Draws the way down to the node on top, and all below it that is wide enough. */
		function draw() {
			const boxes = [], all = value(top), hadFocus = place.contains(document.activeElement);
			let rows = 0;
			shown = [];
			const add = (node, start, width, row) => {
				boxes.push(box(node, start, width, row));
				shown.push({ node, start, width, row });
				rows = Math.max(rows, row + 1);
			};
			const way = [];
			for (let node = parent[top]; node >= 0; node = parent[node])
				way.unshift(node);
			way.forEach((node, row) => add(node, 0, 1, row));
			const ends = [];
			for (let node = top; node < last[top];) {
				const row = data.depth[node], width = all ? value(node) / all : node === top ? 1 : 0;
				const start = node === top ? 0 : ends[row];
				ends[row] = start + width;
				if (width < narrowest) {
					node = last[node];
					continue;
				}
				add(node, start, width, row);
				ends[row + 1] = start;
				node++;
			}
			place.replaceChildren(...boxes);
			place.setAttribute("height", rows * rowHeight);
			byId("flame-now").textContent = found ? describeFound() : describe(now);
			byId("flame-out").disabled = top === 0;
			if (hadFocus)
				takeFocus();
		}

		function takeFocus() {
			const frame = place.querySelector('[data-node="' + now + '"]');
			if (frame)
				frame.focus({ preventScroll: true });
		}
		function focus(node) {
			now = node;
			draw();
			takeFocus();
		}
		function zoom(node) {
			top = node;
			focus(node);
		}

		/* The shown node beside NOW in the same row, or the first one below it. */
		function neighbour(key) {
			const here = shown.find((one) => one.node === now);
			if (key === "ArrowUp")
				return parent[now];
			if (key === "ArrowDown")
				return (shown.find((one) => parent[one.node] === now) || {}).node;
			const row = shown.filter((one) => here && one.row === here.row);
			const at = row.findIndex((one) => one.node === now) + (key === "ArrowLeft" ? -1 : 1);
			return (row[at] || {}).node;
		}

		function search(text) {
			found = null;
			if (text) {
				const names = new Set();
				data.names.forEach((one, i) => one.toLowerCase().includes(text) && names.add(i));
				found = new Set();
				for (let i = 0; i < count; i++)
					if (names.has(data.name[i]))
						found.add(i);
			}
			draw();
		}

		/* What lies below a match counts once. */
		function describeFound() {
			let sum = 0;
			for (let i = 0; i < count;)
				if (found.has(i)) {
					sum += value(i);
					i = last[i];
				} else
					i++;
			return "found in " + found.size + " frames: " + amount(sum) + ", " +
				(value(0) ? (sum / value(0)) * 100 : 0).toFixed(1) + " % of all";
		}

		const nodeOf = (event) => {
			const frame = event.target.closest("[data-node]");
			return frame ? Number(frame.getAttribute("data-node")) : -1;
		};
		place.addEventListener("click", (event) => nodeOf(event) >= 0 && zoom(nodeOf(event)));
		place.addEventListener("pointerover", (event) => {
			if (nodeOf(event) >= 0)
				byId("flame-now").textContent = describe(nodeOf(event));
		});
		place.addEventListener("keydown", (event) => {
			if (event.key === "Enter" || event.key === " ")
				zoom(now);
			else if (event.key === "Escape" || event.key === "Backspace")
				zoom(0);
			else if (event.key.startsWith("Arrow")) {
				const next = neighbour(event.key);
				if (next >= 0)
					focus(next);
			} else
				return;
			event.preventDefault();
		});
		byId("flame-out").addEventListener("click", () => zoom(0));
		byId("flame-metric").addEventListener("change", (event) => {
			metric = event.target.value;
			draw();
		});
		addEventListener("resize", draw);
		byId("flame-tools").classList.remove("hidden");
		draw();
		return { search };
	})();

	/* ---- Search: what does not have the words is hidden, and the flame graph shows them. */
	const field = byId("search");
	const rows = document.querySelectorAll("[data-row]");
	const texts = new Map();
	let wait = 0;

	function search() {
		const words = field.value.toLowerCase().trim();
		const parts = words.split(/\s+/).filter(Boolean);
		let hits = 0;
		for (const row of rows) {
			if (!texts.has(row))
				texts.set(row, row.textContent.toLowerCase());
			const hit = parts.every((part) => texts.get(row).includes(part));
			row.classList.toggle("hidden", !hit);
			hits += hit;
		}
		for (const more of document.querySelectorAll("details.more"))
			more.open = parts.length > 0 && more.querySelector("[data-row]:not(.hidden)") !== null;
		byId("hits").textContent = words ? hits + " found" : "";
		if (flame)
			flame.search(words);
	}
	field.addEventListener("input", () => {
		clearTimeout(wait);
		wait = setTimeout(search, 120);
	});
	field.classList.remove("hidden");

	/* ---- Keys: / searches, j and k go from finding to finding. */
	addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select"))
			return event.key === "Escape" && event.target === field ? ((field.value = ""), search()) : undefined;
		if (event.key === "/") {
			field.focus();
			event.preventDefault();
		} else if (event.key === "j" || event.key === "k") {
			const all = [...document.querySelectorAll("details.finding:not(.hidden) > summary")];
			const at = all.indexOf(document.activeElement);
			const next = all[event.key === "j" ? at + 1 : Math.max(at, 1) - 1];
			if (next)
				next.focus();
		}
	});
})();
