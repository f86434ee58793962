"""Web: what runs in the browser, and what the user touches."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, MID_ONLY, SEASONED, STAFF_ONLY, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "frontend_framework",
        "interface",
        Domain.WEB,
        entries(
            "React: react.js, reactjs",
            "Vue: vue.js, vuejs",
            "Angular: angularjs",
            "Svelte: sveltekit",
            "Next.js: nextjs",
            "Nuxt: nuxt.js",
            "~State management: redux, zustand, mobx",
        ),
        words(
            "component components render rendering rerender state props hook hooks effect memo memoize virtual dom"
            " list key context store reducer hydration hydrate server client bundle lazy suspense profiler template"
            " watcher signal route router form page screen browser paint lag janky scroll click"
        ),
        (
            ask(
                "Tell me about a screen in {skill} that felt slow to its users. How did you find out what it was"
                " doing?",
                "What did you try first that made no difference?",
                "How did you know that it was faster on a real user's phone, and not only on your machine?",
                purpose="Whether rendering cost is something they measure, or something they have read about.",
            ),
            ask(
                "Think of a {skill} component that grew until nobody wanted to touch it. What did you do with it?",
                "Where did you put the state in the end, and why there?",
                "What would you leave as it was if you did it again?",
                purpose="How they take a component apart without breaking the people who use it.",
                levels=HANDS_ON,
            ),
            ask(
                "Walk me through how data gets from your server onto a page you built with {skill}, until the user"
                " can click.",
                "What does the user see while one of those requests is slow?",
                "What did you consider and decide against?",
                purpose="Understanding of data loading, hydration and the states between empty and ready.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about state in a front end that had ended up in the wrong place. How did that show?",
                "Where did you move it, and what became harder?",
                "What do you keep out of shared state today?",
                purpose="Where state lives, learned from a place where it should not have.",
            ),
            ask(
                "Several teams build on the same {skill} front end. Tell me about a structural decision you made so"
                " that they could stop waiting for each other.",
                "Which team was worse off because of it?",
                "What would have made you go back on it?",
                purpose="Front-end architecture across teams, with its price.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "javascript",
        "code",
        Domain.WEB,
        entries("TypeScript", "JavaScript: ecmascript, es6", "Webpack|Vite|Rollup|esbuild", "WebAssembly: wasm"),
        words(
            "type types typed generic union any unknown strict inference compile compiler event loop promise"
            " promises async await callback closure bundle bundler module tree shaking runtime undefined null"
            " narrowing schema validation zod lint memory leak heap microtask thread worker"
        ),
        (
            ask(
                "Tell me about a bug that {skill} let through and that you had to hunt down. How did you corner it?",
                "What made it hard to see in the code?",
                "What did you change so that its relatives cannot happen?",
                purpose="Debugging below the framework: types, asynchrony, scope.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe a time you made a loosely typed part of a {skill} code base stricter. How did you go about"
                " it?",
                "Where did you decide that a precise type was not worth it?",
                "How did the people who worked in that code take it?",
                purpose="Judgement about how much type safety pays, and how to get there in steps.",
            ),
            ask(
                "How did you last bring down the amount of {skill} your users have to download, or decide not to?",
                "Which numbers did you look at before and after?",
                "What did the users lose?",
                purpose="Whether they connect code on disk with what a visitor waits for.",
            ),
        ),
    ),
    Cluster(
        "web_platform",
        "interface",
        Domain.WEB,
        entries(
            "~Accessibility: accessible, a11y, wcag, aria, screen reader, screen readers",
            "CSS: css3, sass, scss",
            "Tailwind: tailwind, tailwindcss",
            "HTML: html5, semantic html",
            "Core Web Vitals: web vitals, web performance, lighthouse, page speed",
            "~Design systems: design system, component library, storybook, figma",
            "~Progressive web apps: pwa, service worker, service workers, offline-first",
        ),
        words(
            "keyboard focus screen reader contrast label aria role landmark heading layout grid flex responsive"
            " viewport shift image font lazy load paint lcp cls inp budget token tokens theme variant designer figma"
            " spacing button dialog modal form error audit axe browser mobile"
        ),
        (
            ask(
                "Tell me about an interface you made usable for someone who cannot use a mouse or cannot see the"
                " screen.",
                "What did an automatic check miss there?",
                "What did you have to give up in the original design?",
                purpose="Practical accessibility: found with real use, not only with a checker.",
            ),
            ask(
                "Walk me through a page whose loading time you improved. Where had the time gone?",
                "Which measurement did you trust, and which did you ignore?",
                "What stopped it from getting slow again?",
                purpose="Web performance as a habit of measurement.",
            ),
            ask(
                "Tell me about a component you added to a shared design system. How did you decide what it should"
                " not do?",
                "What happened when a team needed an exception?",
                "How did you change it later without breaking their pages?",
                purpose="Designing for reuse with designers and other developers.",
            ),
            ask(
                "Describe a layout that looked right to you and broke for your users. What had you not thought of?",
                "How did you reproduce it?",
                "What do you now do differently before you ship?",
                purpose="Care for devices, text lengths and sizes other than one's own.",
                levels=MID_ONLY,
            ),
        ),
    ),
    Cluster(
        "commerce",
        "api",
        Domain.WEB,
        entries(
            "~Payments: payment, stripe, adyen, paypal, checkout, billing",
            "~E-commerce: ecommerce, shopify, magento, online shop",
            "~Content management: cms, wordpress, headless cms, contentful, drupal",
        ),
        words(
            "payment pay charge refund double twice idempotency idempotent key ledger reconcile reconciliation"
            " webhook provider order cart checkout tax invoice currency rounding cent fraud retry timeout settlement"
            " merchant transaction price stock inventory content publish editor cache"
        ),
        (
            ask(
                "Tell me about a time when money, or an order, was counted twice or not at all. How did it come to"
                " light?",
                "How did you put the affected records right?",
                "What makes it impossible now, and what is still possible?",
                purpose="Correctness where mistakes have a price: idempotency, reconciliation.",
            ),
            ask(
                "Walk me through what happens in a checkout you built when the payment provider does not answer.",
                "What does the customer see in that minute?",
                "Who finds out, and how, if nobody looks at a log?",
                purpose="Failure handling at the boundary to a provider.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe a change to a billing or ordering flow that touched several teams. How did you make it"
                " safe to roll out?",
                "What did you do about orders that were half way through?",
                "Which team had to wait, and was that right?",
                purpose="Changing a flow that earns money while it runs.",
                levels=SEASONED,
            ),
        ),
    ),
)
