"""Infrastructure: what software runs on, how it gets there and how it is kept alive."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, STAFF_ONLY, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "kubernetes",
        "platform",
        Domain.INFRASTRUCTURE,
        entries(
            "Kubernetes: kubernetes, k8s, eks, gke, aks, openshift",
            "Helm",
            "Kustomize: kustomize",
            "Docker: docker, podman",
            "~Containers: containerisation, containerization",
            "Istio|Linkerd",
            "Envoy",
            "~Service mesh",
            "Nomad",
        ),
        words(
            "pod pods node nodes cluster deployment rollout rollback readiness liveness probe container image"
            " registry namespace ingress operator chart limit limits request memory cpu evict eviction oom crash"
            " loop drain upgrade autoscaler autoscale replica volume stateful sidecar scheduler quota manifest"
        ),
        (
            ask(
                "Tell me about a rollout on {skill} that went wrong. What was the first sign?",
                "How did you get back, and how long did that take?",
                "What would stop the same change today?",
                purpose="Failed rollouts: noticing, returning, preventing.",
            ),
            ask(
                "Walk me through a workload that kept dying or would not start on {skill}, and how you found the"
                " reason.",
                "Which tool or message pointed you in the wrong direction?",
                "How did you choose its limits afterwards?",
                purpose="Hands-on debugging below the dashboard.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about an upgrade of {skill} that you were responsible for. How did you prepare for the bad"
                " case?",
                "What did you find out only in production?",
                "What would you do in a different order now?",
                purpose="Upgrading something that everything else stands on.",
                levels=SEASONED,
            ),
            ask(
                "How much of {skill} should a product team have to know? Tell me how you drew that line somewhere.",
                "Who was unhappy with it, and what did you do about that?",
                "Where does your abstraction leak?",
                purpose="Platform as a product: what to hide from whom.",
                levels=STAFF_ONLY,
            ),
        ),
        "your container platform",
    ),
    Cluster(
        "infrastructure_code",
        "platform",
        Domain.INFRASTRUCTURE,
        entries(
            "Terraform: terraform, opentofu, terragrunt",
            "Ansible: ansible",
            "Puppet",
            "Chef",
            "SaltStack: saltstack",
            "Pulumi|CloudFormation|Crossplane|AWS CDK",
            "~Infrastructure as code: infrastructure-as-code, iac",
        ),
        words(
            "state plan apply module modules drift provider resource import destroy lock environment environments"
            " variable playbook role inventory idempotent idempotent workspace review pipeline manual console click"
            " secret version pin refactor policy"
        ),
        (
            ask(
                "Tell me about a time when what {skill} believed and what really existed had drifted apart.",
                "How did you find out, and how did you bring them together?",
                "What did you do so that people stopped changing things by hand?",
                purpose="Drift, state and the discipline around them.",
            ),
            ask(
                "Describe a change through {skill} that could have taken something down. How did you make it safe?",
                "What did the plan output not tell you?",
                "Who else looked at it before it ran?",
                purpose="Risk in a change to running infrastructure.",
                levels=HANDS_ON,
            ),
            ask(
                "Walk me through a piece of {skill} that other teams came to rely on. How did you keep it from"
                " becoming a trap?",
                "How did you release a breaking change to it?",
                "What did you refuse to put into it?",
                purpose="Shared infrastructure code as an interface with users.",
                levels=SEASONED,
            ),
        ),
        "your infrastructure code",
    ),
    Cluster(
        "delivery",
        "platform",
        None,
        entries(
            "CI/CD: ci / cd, cicd, continuous integration, continuous delivery, continuous deployment, build"
            " pipelines, deployment pipelines, release automation",
            "GitHub Actions",
            "GitLab CI: gitlab-ci, gitlab",
            "Jenkins|TeamCity|CircleCI",
            "GitOps: gitops, fluxcd",
            "Argo CD: argo cd, argocd",
            "~Feature flags: canary, blue-green, launchdarkly, progressive delivery",
        ),
        words(
            "pipeline pipelines build builds stage job runner cache artifact deploy deployment release minutes"
            " branch merge flaky rollback canary flag gate approval environment staging production lead time commit"
            " test parallel trigger secret reconcile sync manifest"
        ),
        (
            ask(
                "Take a change in your last project and follow it from commit to production. Where did it wait?",
                "What did you shorten, and by how much?",
                "Which check would you never remove, however slow it is?",
                purpose="The whole path of a change, and where its time goes.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about a bad release that got past your pipeline. What let it through?",
                "How did you limit the damage while it was out?",
                "What did you add, and what did that cost everyone else?",
                purpose="What a pipeline protects from, and what it does not.",
            ),
            ask(
                "Describe moving teams from one way of deploying to another, for instance to {skill}. What made them"
                " come along?",
                "What did you do with the last team that would not move?",
                "What got worse?",
                purpose="A delivery migration across teams.",
                levels=SEASONED,
            ),
        ),
        "a new pipeline",
    ),
    Cluster(
        "cloud",
        "infrastructure",
        Domain.INFRASTRUCTURE,
        entries(
            "AWS: amazon web services, ec2, cloud-native",
            "Google Cloud: gcp, google cloud platform",
            "Azure: microsoft azure",
            "AWS Lambda: Lambda, aws lambda",
            "~Serverless: cloud functions, cloud run",
            "~Cloud cost: cloud costs, finops, cost optimisation, cost optimization, warehouse spend, cloud spend",
            "~Cloud infrastructure: cloud, cloud platforms, cloud services",
        ),
        words(
            "region zone account vpc subnet instance instances bucket storage lambda function cold start quota limit"
            " bill cost costs spend reserved spot egress traffic managed service permission role failover autoscale"
            " idle rightsizing tag budget load balancer database queue"
        ),
        (
            ask(
                "Tell me about a cloud bill that surprised you. What was behind it?",
                "What did you change, and what did that make slower or riskier?",
                "Who sees the cost of a decision before it is made today?",
                purpose="Cost as a property of a design.",
            ),
            ask(
                "Walk me through a set-up in {skill} that you built, and tell me what happens when one zone or one"
                " service is gone.",
                "Have you tried it out?",
                "Which single point of failure did you accept?",
                purpose="Failure domains in the cloud, from experience.",
            ),
            ask(
                "Describe a managed service you decided to use, or to leave. What tipped the balance?",
                "What did you underestimate?",
                "What would a way out cost you now?",
                purpose="Build, buy or rent, with the way out considered.",
                levels=SEASONED,
            ),
        ),
        "the cloud",
    ),
)
