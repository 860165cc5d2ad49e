/* The page view's scan, to be enlarged and moved. What stands in the page without a script, a picture and its words as text, stays what it is: the viewer is laid over the
 * picture once that is there, and the words are hung over the viewer, which keeps them where they belong. */
const tools = document.querySelector(".tools[data-image]");
const plate = tools?.parentElement.querySelector(".plate");

/* It is larger than all the rest of the page and comes after it. It is no module. */
function library() {
	return new Promise((resolve, reject) => {
		const script = document.createElement("script");
		script.src = new URL("./openseadragon.min.js", import.meta.url);
		script.addEventListener("load", () => resolve(globalThis.OpenSeadragon));
		script.addEventListener("error", reject);
		document.head.append(script);
	});
}

/* It would write a style into the page, which no page of ours lets anything do, unless it finds one that is marked so: this is none, but has its name. What it would say stands
 * in style.css. */
function keepStylesOut() {
	const none = document.createElementNS(null, "style");
	none.setAttribute("data-openseadragon-mobile-css", "");
	document.head.append(none);
}

/* The description names the picture by its permanent address. Here it is asked for where the page came from. */
async function description() {
	const base = new URL(tools.dataset.image, document.baseURI).href;
	const answer = await fetch(`${base}/info.json`, {headers: {Accept: "application/json"}});
	if (!answer.ok)
		throw new Error(`the picture's description: ${answer.status}`);
	return {...(await answer.json()), id: base};
}

/* The page is there to be read, and its picture. */
async function seen(image) {
	if (PerformanceObserver.supportedEntryTypes?.includes("paint"))
		await new Promise((resolve) => new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint").length > 0 && resolve()).observe({type: "paint", buffered: true}));
	if (!image.complete)
		await new Promise((resolve) => ["load", "error"].forEach((name) => image.addEventListener(name, resolve, {once: true})));
}

/* Whoever comes to a hit by keyboard sees it. A browser would scroll the frame to it, and the picture would no longer lie below its words: that is undone. */
function followFocus(OpenSeadragon, viewer, words, info) {
	const box = words.viewBox.baseVal;
	words.addEventListener("focusin", (event) => {
		const rect = event.target.querySelector("rect");
		if (!rect || !event.target.matches(":focus-visible"))
			return;
		const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
		const wide = Math.max(3 * width / box.width, 0.4), high = Math.max(3 * height / box.height, 0.2) * info.height / info.width;
		viewer.viewport.fitBounds(new OpenSeadragon.Rect((x + width / 2) / box.width - wide / 2,
			(y + height / 2) / box.height * info.height / info.width - high / 2, wide, high));
	});
	for (let frame = words.parentElement; frame !== plate.parentElement; frame = frame.parentElement)
		frame.addEventListener("scroll", () => frame.scrollTo(0, 0));
}

/* While text is being selected the pointer is the words', else it moves the picture. Links are links either way. */
function givePointer(layer) {
	for (const name of ["pointerdown", "pointermove", "pointerup", "mousedown", "click", "dblclick", "touchstart"])
		layer.addEventListener(name, (event) => {
			if (plate.classList.contains("selecting") || event.target.closest("a"))
				event.stopPropagation();
		});
}

/* "#xywh=X,Y,W,H" (Media Fragments URI): a part of the picture, in its pixels, that somebody cited. */
function showCited(OpenSeadragon, viewer, info) {
	const cited = /^#xywh=(?:pixel:)?(\d{1,7}),(\d{1,7}),(\d{1,7}),(\d{1,7})$/.exec(location.hash);
	if (!cited)
		return;
	const [x, y, width, height] = cited.slice(1).map((number) => Number(number) / info.width);
	if (width > 0 && height > 0)
		viewer.viewport.fitBounds(new OpenSeadragon.Rect(x, y, width, height));
}

function turnOn(viewer, words) {
	const {viewport} = viewer, button = (name) => tools.querySelector(`[data-tool=${name}]`);
	const act = {
		larger: () => viewport.zoomBy(1.5),
		smaller: () => viewport.zoomBy(1 / 1.5),
		whole: () => viewport.goHome(),
		turn: () => viewport.setRotation(viewport.getRotation() + 90),
		screen: () => (document.fullscreenElement ? document.exitFullscreen() : tools.parentElement.requestFullscreen()),
		select: () => button("select").setAttribute("aria-pressed", plate.classList.toggle("selecting")),
	};
	button("screen").hidden = !document.fullscreenEnabled;
	button("select").hidden = words === null;
	if (words !== null)
		button("select").setAttribute("aria-pressed", "false");
	tools.addEventListener("click", (event) => {
		const name = event.target.dataset.tool;
		if (name === undefined)
			return;
		act[name]();
		viewport.applyConstraints();
	});
	tools.hidden = false;
}

async function begin() {
	const image = plate.querySelector("img"), words = plate.querySelector("svg.words");
	await seen(image);
	const [OpenSeadragon, info] = await Promise.all([library(), description()]);
	const frame = document.createElement("div"), calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
	frame.className = "viewer";
	plate.style.setProperty("--shape", `${info.width} / ${info.height}`);
	plate.classList.add("framed");
	plate.append(frame);
	keepStylesOut();
	OpenSeadragon.setString("GestureHints.Touch", tools.dataset.touch);
	const viewer = new OpenSeadragon.Viewer({
		element: frame, tileSources: info, drawer: "canvas", showNavigationControl: false, visibilityRatio: 0.5, minZoomImageRatio: 0.9, maxZoomPixelRatio: 4,
		animationTime: calm ? 0 : 0.5, gestureSettingsMouse: {clickToZoom: false, dblClickToZoom: true}, gestureSettingsTouch: {pinchRotate: false},
		/* One finger scrolls the page: a scan as wide as a phone must be no trap. */
		cooperativeGestures: matchMedia("(pointer: coarse)").matches, preserveImageSizeOnResize: false,
	});
	viewer.addOnceHandler("open-failed", () => {
		viewer.destroy();
		frame.remove();
		plate.classList.remove("framed");
	});
	viewer.addOnceHandler("open", () => {
		const {canvas, viewport} = viewer;
		canvas.setAttribute("role", "group");
		canvas.setAttribute("aria-label", `${image.alt}. ${tools.dataset.label}`);
		if (words !== null) {
			const layer = document.createElement("div");
			layer.className = "layer";
			layer.append(words);
			viewer.addOverlay({element: layer, location: new OpenSeadragon.Rect(0, 0, 1, info.height / info.width)});
			givePointer(layer);
			followFocus(OpenSeadragon, viewer, words, info);
		}
		/* Who has the whole page before him and turns the wheel further wants to go on in the page. */
		viewer.addHandler("canvas-scroll", (event) => {
			if (event.scroll < 0 && viewport.getZoom() <= viewport.getHomeZoom() * 1.01)
				Object.assign(event, {preventDefaultAction: true, preventDefault: false});
		});
		turnOn(viewer, words);
		showCited(OpenSeadragon, viewer, info);
		addEventListener("hashchange", () => showCited(OpenSeadragon, viewer, info));
		plate.classList.add("zooming");
		plate.dataset.viewer = "open";
	});
	/* For whoever drives the page by a script. */
	plate.viewer = viewer;
}

if (plate?.querySelector("img"))
	begin().catch((error) => console.warn(`the scan stays a plain picture: ${error?.message ?? error}`));
