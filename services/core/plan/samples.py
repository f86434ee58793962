"""Six job descriptions to try the product with; the companies are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    key: str
    title: str
    text: str


_FRONTEND = """\
Frontend Engineer (m/f/d)
Larkspur Tickets, Lisbon or remote within two hours of CET

Larkspur sells tickets for small theatres and festivals. On a busy Friday 40,000 people open the same seat map within a
minute, most of them on phones that are four years old. We are looking for a frontend engineer who enjoys that problem.

What you will do
- Build and maintain our seat picker and checkout in React and TypeScript
- Keep the booking flow fast: we watch Core Web Vitals on real devices and act when they slip
- Extend our design system together with two product designers
- Make every step usable with keyboard and screen reader; we hold ourselves to WCAG 2.2 AA
- Write end-to-end tests in Playwright for the paths that earn money
- Work with our GraphQL API team on the shape of the data you need

What we hope you bring
- 2-4 years of experience building web applications for real customers
- Solid JavaScript fundamentals: you can explain what happens between a click and the next paint
- Experience with Next.js or another server-rendering framework
- Care for the details of CSS layout across screen sizes

Nice to have
- You have taken part in A/B testing of a user interface
- Some experience with Node.js on the server

You will join a team of five, review each other's code every day and demo your work to box office staff every second
week. We offer 30 days of leave, a learning budget and two weeks of in-person work a year.
"""

_BACKEND = """\
# Senior Backend Engineer, Payments

**Harbour & Pine** · Rotterdam · hybrid

Harbour & Pine moves money for 9,000 independent shops. Our payment platform handles about 1.2 million transactions a
day, and none of them may be lost or booked twice.

## The work

You will own services from design to production:

- Design and operate REST APIs in Python and Django that our merchants integrate against
- Evolve our PostgreSQL schema without downtime as tables grow past a billion rows
- Build event-driven services on Kafka, with exactly-once booking on top of at-least-once delivery
- Use Redis for rate limiting and short-lived caching
- Keep payment data safe: OAuth 2.0, tokenisation and regular threat modelling
- Take part in an on-call rotation, one week in seven, and lead blameless post-mortems

## About you

- 5+ years of backend experience, part of it in a system where correctness mattered more than speed
- Strong command of Python, including its concurrency model
- Experience with relational databases under load: query plans, locking, migrations
- A habit of testing: unit tests, contract tests and the occasional property-based test
- Comfortable with Docker and CI/CD in GitHub Actions

## Good to know

We mentor: every senior engineer here looks after one colleague. You will work across teams with risk, finance and
customer support, and you will be expected to write down decisions so that others can disagree with them.
Salary 78,000-95,000 EUR, depending on experience. Visa support is available.
"""

_PLATFORM = """\
Job title: Staff Platform Engineer
Team: Developer Platform
Location: Remote, Europe

About Meridian Freight
Meridian plans container journeys for 300 shippers. Forty product engineers ship to our platform sixty times a day. We
need someone to decide what that platform should look like in three years, and to get us there without stopping
anyone.

Responsibilities
* Set the technical direction for our Kubernetes platform: 14 clusters on AWS across three regions
* Replace hand-written Terraform modules with a self-service path that product teams trust
* Define service level objectives with product teams and make error budgets mean something
* Lead the move from Jenkins to GitOps with Argo CD
* Build a common observability stack on OpenTelemetry, Prometheus and Grafana
* Bring down our cloud cost, currently growing twice as fast as traffic
* Guide architecture reviews and write RFCs that other staff engineers argue with

Requirements
* 10+ years in infrastructure or backend engineering, at least three of them with influence across several teams
* Deep experience running Kubernetes in production, including the upgrades that went badly
* Strong background in Linux and networking: DNS, load balancing, TLS, service mesh
* Experience with disaster recovery exercises and multi-region failover
* Fluent in Go or Python
* A record of mentoring senior engineers and of saying no with good reasons

Nice to have
* Vault or another secrets management system
* Experience with a large migration of stateful workloads

What matters most to us is judgement: what to standardise, what to leave alone, and how to bring forty engineers along.
"""

_SRE = """\
Site Reliability Engineer

We are hiring a Site Reliability Engineer for Brightwater, the company behind water billing for 120 municipalities. Our
systems are quiet most of the month and very loud on the first working day, when four million meter readings arrive.

Your tasks
- Run and improve about 80 services on Google Cloud and Kubernetes
- Automate what is still done by hand, with Ansible and Terraform
- Improve our monitoring: fewer alerts, each of them worth waking up for
- Join the incident response rotation and help to write the post-incident reviews
- Plan capacity for the monthly peak together with the billing team
- Keep our RabbitMQ clusters healthy and our MySQL backups restorable
- Improve deployment pipelines in GitLab CI, so that a release takes minutes instead of an afternoon

Your profile
- Around 3 years of experience in operations, SRE or backend development
- You are at home on the Linux command line and write scripts in Python or Bash
- Hands-on experience with Prometheus and Grafana, or comparable tools
- Good understanding of TCP/IP, DNS and load balancing
- You stay calm in an outage and explain clearly what is known and what is not

We offer
- A four-person team that shares on-call fairly and pays for it
- Time set aside for reliability work: one day in five is yours
- Office in Graz or remote from anywhere in Austria and Germany

You will work closely with developers and with the support team, who hear about problems first.
"""

_ANALYTICS = """\
Senior Analytics Engineer — Product Insights

Tilia makes an app with which 600,000 people learn to play an instrument. Product managers, teachers and finance all ask
the same question, "is this working?", and today they get three different answers. We want you to make it one.

In this role you will:
• Model our event data in dbt and Snowflake so that one definition of an active learner holds everywhere
• Own the Airflow pipelines that load 200 million events a day, including what happens when they arrive late
• Introduce data quality checks and data contracts with the teams that produce events
• Design and analyse A/B tests with product managers, and say so when a result is not one
• Build the semantic layer and the few Looker dashboards that people really use
• Keep warehouse spend under control as data volume doubles each year
• Handle personal data with care: GDPR deletion requests must reach every table

You bring:
• 5 years or more in analytics engineering, data engineering or a close field
• Excellent SQL and solid Python, pandas included
• Experience with dimensional modelling, slowly changing dimensions and incremental models
• A sound grasp of statistics: sample size, power, multiple comparisons
• The ability to explain a confidence interval to someone who has never heard of one

A plus:
• Streaming experience with Kafka or Flink
• Experience with churn prediction or another machine learning model that reached production

You will coach two junior analysts and report to the head of data. We are a distributed company: most of us work from
home, and we meet in Ghent four times a year.
"""

_EMBEDDED = """\
Role: Staff Embedded Software Engineer

Northfield Instruments builds battery-powered sensors that listen for leaks in gas networks. 70,000 of them are in the
ground, many in places nobody will dig up for ten years. Firmware we ship must work, and it must be possible to replace
it.

What you will be responsible for
- Firmware architecture for our next sensor generation on ARM Cortex-M33 with Zephyr RTOS
- Moving safety-relevant parts from C to Rust, step by step and with evidence that it pays
- Secure boot and over-the-air updates that survive a power loss at any moment
- A power budget of ten years on one lithium cell, measured and not estimated
- Radio links over LoRaWAN and NB-IoT, with MQTT on the gateway
- On-device inference: a TinyML model that tells a leak from a passing train in 48 kB of RAM
- Hardware bring-up with our electronics team: SPI, I2C, and a lot of time with a logic analyser

What you should bring
- 8+ years of embedded development in C or C++, with products that stayed in the field for years
- Deep understanding of real-time constraints: interrupts, priorities, worst-case latency
- Experience with hardware-in-the-loop testing and continuous integration for firmware
- Working knowledge of IEC 61508 or a similar functional safety standard
- Experience leading a technical topic across firmware, hardware and cloud teams

Bonus: device fleet management at scale, or embedded Linux with Yocto on the gateway side.

You will mentor six firmware engineers and be the person who explains to management why a release should wait.
"""

SAMPLES: tuple[Sample, ...] = (
    Sample("frontend_mid", "Frontend Engineer, ticketing (mid)", _FRONTEND),
    Sample("backend_senior", "Senior Backend Engineer, payments", _BACKEND),
    Sample("platform_staff", "Staff Platform Engineer, logistics", _PLATFORM),
    Sample("reliability_mid", "Site Reliability Engineer, utilities (mid)", _SRE),
    Sample("analytics_senior", "Senior Analytics Engineer, education app", _ANALYTICS),
    Sample("embedded_staff", "Staff Embedded Software Engineer, sensors", _EMBEDDED),
)
