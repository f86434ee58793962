"""Services: interfaces between programs, the frameworks they are built with, and keeping them safe."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, STAFF_ONLY, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "api",
        "api",
        Domain.WEB,
        entries(
            "REST APIs: REST, rest api, restful, rest apis, http api, http apis, api design, openapi, swagger, web"
            " services",
            "GraphQL: apollo",
            "gRPC: grpc, protobuf, protocol buffers",
            "WebSockets: websocket, server-sent events, real-time apis",
        ),
        words(
            "endpoint endpoints request response version versioning client clients consumer contract schema field"
            " breaking change deprecate pagination idempotent idempotency key retry retries timeout rate limit"
            " status error payload query resolver mutation latency cache header token gateway backward compatible"
            " documentation http json partner integration"
        ),
        (
            ask(
                "Tell me about a time you had to change an API that other people already depended on.",
                "How did you find out who would break?",
                "What did you keep only for their sake, and for how long?",
                purpose="Evolving a contract without breaking its consumers.",
            ),
            ask(
                "Walk me through one endpoint you designed that gets called a lot, from the request to the answer.",
                "What does a client see if it sends the same request twice?",
                "Where does it spend most of its time?",
                purpose="Whether they can follow a request through their own design, failure included.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about an interface you designed that turned out wrong once people used it. What had you"
                " missed?",
                "What did it cost to change?",
                "How do you find such a thing out earlier today?",
                purpose="Learning from a contract that did not fit its use.",
            ),
            ask(
                "When several teams publish APIs, they drift apart. What have you done about that, and what did you"
                " leave alone?",
                "Who disagreed, and what was their best argument?",
                "How could you tell whether it had worked?",
                purpose="API governance across teams: standards against freedom.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "backend_framework",
        "api",
        Domain.WEB,
        entries(
            "Django: django rest framework, drf",
            "FastAPI",
            "Flask",
            "Spring Boot: Spring, spring framework",
            "Ruby on Rails: Rails, ror",
            "Node.js: nodejs",
            "Express: express.js",
            "NestJS: nestjs, nest.js",
            "Laravel|Symfony",
            "ASP.NET: .net, dotnet, .net core, asp.net core",
            "Phoenix: liveview",
            "~Backend development: backend, back-end, server-side",
        ),
        words(
            "request handler middleware orm query queries n+1 worker thread pool async await blocking event loop"
            " queue job background cache session model view controller service layer transaction test endpoint"
            " memory latency timeout dependency injection startup deploy log profile module monolith"
        ),
        (
            ask(
                "Tell me about a request in a {skill} service that was far too slow. How did you take it apart?",
                "What was your first suspicion, and was it right?",
                "How slow was it before and after?",
                purpose="Finding the cost inside a framework instead of guessing at it.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe some work you moved out of the request and into the background. What made you do it?",
                "What happens when that job fails half way?",
                "How would a user notice?",
                purpose="Background work, retries and what users see of them.",
            ),
            ask(
                "Think of a {skill} service that you would structure differently today. What is the part that hurts?",
                "What would it take to change it while people use it?",
                "Which part of it has aged well?",
                purpose="Structure of a service that has to live for years.",
            ),
            ask(
                "Tell me about splitting a large application, or deciding against it. What decided the matter?",
                "What became harder afterwards?",
                "Which team's work changed most?",
                purpose="Service boundaries as a trade-off between teams, data and operations.",
                levels=SEASONED,
            ),
        ),
        "back-end",
    ),
    Cluster(
        "security",
        "security",
        None,
        entries(
            "OAuth: oauth 2.0, oauth2, oidc, openid connect, sso, saml, jwt",
            "~Application security: owasp, security reviews, secure coding, penetration testing, penetration test,"
            " penetration tests, pentests, appsec, security best practices",
            "~Threat modelling: threat modeling, threat models",
            "Vault",
            "~Secrets management: secrets, key management, kms",
            "~Identity and access management: iam, rbac, access control, zero trust, least privilege",
            "~Data protection: gdpr, privacy, personal data, dsgvo, datenschutz, hipaa",
            "~Compliance: pci dss, pci, soc 2, iso 27001",
            "~Cryptography: encryption, tls, tokenisation, tokenization, pki",
        ),
        words(
            "token tokens scope session login attacker attack threat vulnerability exploit patch secret rotate"
            " rotation permission role audit log encrypt encryption key certificate injection xss csrf sanitize"
            " validate personal data delete deletion consent retention leak leaked expose exposed access policy"
            " review finding sign password"
        ),
        (
            ask(
                "Tell me about a weakness you found in a system you worked on, before somebody else did. How did you"
                " come across it?",
                "How did you decide how urgent it was?",
                "What else did you check once you knew?",
                purpose="An eye for weaknesses, and a sense of proportion about them.",
            ),
            ask(
                "Walk me through how a user of a system you built is recognised and allowed to do something.",
                "What happens if one of those tokens or keys gets out?",
                "Which part was a compromise with convenience?",
                purpose="Authentication and authorisation, end to end.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe a security or privacy requirement that did not fit the system you had. What did you do?",
                "What did it cost users or developers?",
                "How do you know that it works?",
                purpose="Turning a requirement into something that holds and can be checked.",
            ),
            ask(
                "How have you got teams to think about threats before they build, without becoming the person who"
                " says no?",
                "Which risk did you knowingly accept?",
                "What would tell you that it is working?",
                purpose="Security as a practice of many teams.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "testing",
        "quality",
        None,
        entries(
            "~Automated testing: test automation, automated tests, unit tests, unit testing, integration tests,"
            " test-driven, tdd, testing, pytest, junit",
            "~End-to-end testing: end-to-end tests, e2e",
            "Playwright|Cypress|Selenium|XCTest|Espresso|Jest",
            "~Contract testing: contract tests, pact",
            "~Property-based testing: property-based, fuzzing, hypothesis testing library",
            "~Hardware-in-the-loop testing: hardware-in-the-loop, hil",
            "~Load testing: performance testing, k6, gatling, jmeter, locust",
        ),
        words(
            "test tests layer seam stub harness suite flaky mock mocks fixture fake unit integration coverage"
            " regression assert bug defect"
            " caught missed ci pipeline slow minutes parallel snapshot selector browser contract property generate"
            " rig bench hardware simulate simulator release confidence edge case"
        ),
        (
            ask(
                "Tell me about a bug that your tests should have caught and did not. What was missing?",
                "What did you add, and what did you decide not to test?",
                "Has that test ever failed since?",
                purpose="What they learn from a defect that got through.",
            ),
            ask(
                "Tell me about a test suite that people had stopped trusting. What did you do about it?",
                "How did you tell a flaky test from a real bug?",
                "What did you throw away?",
                purpose="Keeping tests fast and believed.",
            ),
            ask(
                "Pick something that was awkward to test, and walk me through how you got a test around it.",
                "What did you have to change in the code for that?",
                "What does your test still not see?",
                purpose="Designing for tests where it is hard: time, hardware, other systems.",
            ),
        ),
    ),
)
