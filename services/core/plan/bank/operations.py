"""Operations: what keeps running systems running, down to the network and the machine."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, MID_ONLY, SEASONED, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "observability",
        "operations",
        Domain.INFRASTRUCTURE,
        entries(
            "Prometheus: prometheus, alertmanager, thanos",
            "Grafana: grafana, loki",
            "OpenTelemetry: opentelemetry, otel",
            "~Distributed tracing: jaeger, zipkin",
            "Datadog|New Relic|Nagios",
            "~Monitoring: alerting, alerts, überwachung",
            "~Observability",
            "Splunk",
            "~Logging: elk, elk stack, kibana, fluentd",
        ),
        words(
            "metric metrics alert alerts alerting dashboard dashboards trace traces tracing span log logs label"
            " cardinality noise noisy page paged threshold burn rate percentile latency error rate sample sampling"
            " exporter scrape query signal symptom cause silence runbook slo retention"
        ),
        (
            ask(
                "Tell me about an alert that woke people for nothing. What did you do about it?",
                "How did you make sure that you would still hear about the real thing?",
                "How many alerts a week were left?",
                purpose="Alerting on what matters, with a price on noise.",
            ),
            ask(
                "Describe a problem that you could only understand after you had added a metric or a trace. What had"
                " been invisible?",
                "How did you decide where to measure?",
                "What did the measuring itself cost?",
                purpose="Making a system explain itself.",
            ),
            ask(
                "You have {skill} and a hundred services. Tell me how you got from data to something people act on.",
                "What did teams have to do themselves?",
                "What did you stop collecting?",
                purpose="Observability as a shared practice rather than a tool.",
                levels=SEASONED,
            ),
        ),
        "good monitoring",
    ),
    Cluster(
        "reliability",
        "operations",
        Domain.INFRASTRUCTURE,
        entries(
            "~Incident response: incident management, post-mortems, post-mortem, postmortems, post-incident reviews,"
            " outage, outages, störungen",
            "~On-call: on call, on-call rotation, rufbereitschaft",
            "~Service level objectives: slo, slos, sla, slas, sli, error budget, error budgets",
            "~Site reliability engineering: sre, site reliability, reliability work",
            "~Chaos engineering: chaos experiments, chaos testing, game days",
            "~Capacity planning: capacity, plan capacity",
            "~Disaster recovery: backups, backup, failover, business continuity",
        ),
        words(
            "incident outage alert page paged down root cause timeline rollback mitigate mitigation restore recovery"
            " customer impact minutes hour postmortem blameless action runbook budget objective availability percent"
            " backup drill failover capacity load peak headroom escalate communicate status monitor"
        ),
        (
            ask(
                "Take me through an incident that you worked on, from the first signal to the moment it was over.",
                "Which of your guesses turned out wrong?",
                "What has changed since, and has it been tested?",
                purpose="Thinking under pressure, and what comes after.",
            ),
            ask(
                "Tell me about a backup, a failover or a recovery plan that you really tried out. What did you learn?",
                "What had you assumed that was not so?",
                "How often has it been tried since?",
                purpose="Recovery that has been exercised, not only written down.",
            ),
            ask(
                "How did you prepare a system for a peak that you knew was coming?",
                "Which number did you plan for, and where did it come from?",
                "How close did it get?",
                purpose="Capacity planning from data.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about a time a reliability target and a product deadline could not both be met. What"
                " happened?",
                "Who made the call, and on what figures?",
                "What would you say to those who lost out?",
                purpose="Reliability as a negotiated goal between teams.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "support",
        "operations",
        Domain.INFRASTRUCTURE,
        entries(
            "~IT support: help desk, helpdesk, service desk, desktop support, first level support, second level"
            " support, technical support, ticketing system, ticketing, printers",
            "Microsoft 365: microsoft 365, office 365",
            "Intune|Jamf",
        ),
        words(
            "user users ticket tickets call laptop printer account password login reset driver update restart reproduce"
            " escalate remote ask asked explain cause workaround article knowledge priority queue device policy cable"
        ),
        (
            ask(
                "Tell me about a problem you solved for somebody who could not describe it well. How did you find out"
                " what it was?",
                "Which question brought you closer?",
                "How did you make sure that it was really gone?",
                purpose="Support that begins with the person who has the problem.",
            ),
            ask(
                "Take me through a fault that hit many people at once. What did you do first?",
                "What did you tell those who were waiting?",
                "What was the cause in the end?",
                purpose="Order and calm when many depend on it.",
            ),
            ask(
                "Describe a request that kept coming back until you did something about its cause.",
                "How did you notice that it was always the same thing?",
                "How many such requests were left?",
                purpose="Removing causes rather than closing tickets.",
            ),
        ),
    ),
    Cluster(
        "networking",
        "infrastructure",
        Domain.INFRASTRUCTURE,
        entries(
            "~Networking: tcp/ip, network, networks, routing, bgp, vpn, firewall, firewalls, netzwerk",
            "DNS",
            "~Load balancing: load balancer, load balancers, reverse proxy",
            "Nginx|HAProxy",
        ),
        words(
            "packet packets dns record ttl resolver route routing timeout handshake tls certificate port firewall"
            " proxy balancer health connection connections keepalive latency loss retransmit mtu subnet nat tcpdump"
            " capture socket queue header upstream backend vpn"
        ),
        (
            ask(
                "Tell me about a fault that looked like the application and turned out to be the network. How did"
                " you get there?",
                "What did you look at on the wire?",
                "Why did it take as long as it did?",
                purpose="Debugging across layers with evidence.",
            ),
            ask(
                "Follow one request of a system you know from the user's machine to the process that answers it.",
                "Where on that way has it failed you?",
                "Which timeout on that path is the shortest, and should it be?",
                purpose="A working model of the path packets take.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe a change to the network or to load balancing that you could not test beforehand. How did"
                " you go about it?",
                "What was your way back?",
                "What did you only understand afterwards?",
                purpose="Changing what everything depends on.",
            ),
        ),
    ),
    Cluster(
        "systems",
        "infrastructure",
        Domain.INFRASTRUCTURE,
        entries(
            "Linux: unix, linux administration, systemd, debian, rhel",
            "Bash: bash",
            "~Shell scripting: shell scripts, powershell, scripting",
            "VMware: vmware",
            "~Virtualisation: virtualization, kvm, hyper-v, proxmox",
            "Windows Server: active directory",
        ),
        words(
            "process processes memory cpu disk io kernel file descriptor limit log strace perf load swap oom socket"
            " script cron package permission mount filesystem inode thread signal boot service unit automate manual"
            " hours server host machine"
        ),
        (
            ask(
                "Tell me about a machine that behaved strangely and how you found out what it was doing.",
                "Which commands did you reach for, in what order?",
                "What would have shown it earlier?",
                purpose="Systematic debugging on a running system.",
            ),
            ask(
                "Describe something tedious that you automated. What made it worth the effort?",
                "What went wrong the first time the script met reality?",
                "How much time has it saved?",
                purpose="Automation judged by what it saves.",
                levels=MID_ONLY,
            ),
            ask(
                "Tell me about a performance limit you traced down to the operating system.",
                "How did you rule out the application?",
                "What did you trade for the gain?",
                purpose="Understanding of what lies under the application.",
                levels=SEASONED,
            ),
        ),
    ),
)
