"""Where data lives and how it travels between services."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, STAFF_ONLY, Cluster, ask, entries, words

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "relational",
        "stores",
        None,
        entries(
            "PostgreSQL: postgres, postgresql, psql",
            "MySQL|MariaDB",
            "SQL Server: mssql, t-sql",
            "Oracle: oracle database, pl/sql",
            "SQL: sql, relational databases, relational database, rdbms, relationale datenbanken, sqlite",
        ),
        words(
            "query queries planner nested loop index indexes indices explain plan scan table tables row rows"
            " column schema migration"
            " migrate backfill lock locks locking deadlock transaction isolation vacuum join replica replication"
            " constraint foreign key partition slow sequential backup restore orm pool connection normal normalize"
            " statistics database"
        ),
        (
            ask(
                "Tell me about a query in {skill} that was too slow in production. How did you get to the cause?",
                "What did the query plan tell you that you had not expected?",
                "What did the fix cost elsewhere, in writes or in space?",
                purpose="Finding and proving the cause of a slow query, beyond adding an index.",
                levels=HANDS_ON,
            ),
            ask(
                "Walk me through a schema change you made on a large table while people were using it.",
                "Which moment of it worried you most?",
                "How would you have got back if it had failed half way?",
                purpose="Migrations without downtime: locks, backfill and the way back.",
            ),
            ask(
                "Describe a time when two things happened to the same rows at once and the data came out wrong.",
                "How did you find out that concurrency was the reason?",
                "Which guarantee did you choose in the end, and what did it slow down?",
                purpose="Transactions, isolation and locking in practice.",
            ),
            ask(
                "Several services want the same data. Tell me about a decision you made on who owns a table and who"
                " may only ask.",
                "Who had to change their code, and how did you win them over?",
                "What did you get wrong about it?",
                purpose="Ownership of data across teams.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "document_stores",
        "stores",
        None,
        entries(
            "MongoDB: mongo, mongodb",
            "~Document databases: nosql, document database",
            "DynamoDB: dynamo",
            "Cassandra|ScyllaDB|HBase",
            "Elasticsearch: elastic search, elasticsearch",
            "OpenSearch|Solr",
            "~Full-text search: lucene",
            "InfluxDB|TimescaleDB",
            "~Time series databases: time series, time-series",
            "Neo4j: neo4j",
            "~Graph databases: graph database",
        ),
        words(
            "document documents key partition hot shard sharding index mapping query denormalize duplicate"
            " consistency eventual read write replica cluster node relevance ranking analyzer reindex retention"
            " downsample collection aggregate ttl throughput schema migrate"
        ),
        (
            ask(
                "Tell me about a data model in {skill} that did not fit the questions people later asked of it.",
                "How did you get from the old shape to the new one?",
                "Would a relational table have served you better?",
                purpose="Modelling for access patterns, and living with a wrong guess.",
            ),
            ask(
                "Describe an uneven load you had in {skill}: one key, one shard or one query that did all the damage.",
                "How did you see it?",
                "What did the cure make more complicated?",
                purpose="How data is spread, and what happens when it is not.",
            ),
            ask(
                "Why did you pick {skill} over something plainer the last time, and how has that choice held up?",
                "What would have made you choose the plain one?",
                "What do you do by hand today because of it?",
                purpose="Choosing a store for reasons, with hindsight.",
                levels=SEASONED,
            ),
        ),
        "a store of this kind",
    ),
    Cluster(
        "caching",
        "stores",
        None,
        entries(
            "Redis|Valkey|ElastiCache",
            "~Caching: cache, caches, memcached",
            "CDN: content delivery",
            "CloudFront|Fastly|Cloudflare",
        ),
        words(
            "cache cached caching hit miss stale invalidate invalidation expire expiry ttl key eviction evict memory"
            " stampede warm cold limit limiter counter lock lua cluster replica persistence header edge purge"
            " consistent database load latency"
        ),
        (
            ask(
                "Tell me about a cache that gave people something stale or wrong. How did you notice?",
                "How did you decide what may be stale, and for how long?",
                "What happens now when the cache is empty or gone?",
                purpose="Invalidation, and what a system does without its cache.",
            ),
            ask(
                "Walk me through something you built on {skill} that was more than a simple cache.",
                "What if it loses its memory at the worst moment?",
                "What did you consider instead?",
                purpose="Using fast memory for limits, locks or queues, and knowing its guarantees.",
            ),
            ask(
                "Describe a time you removed a cache, or argued against adding one. What were your reasons?",
                "How did you get the speed in another way?",
                "What did the numbers look like afterwards?",
                purpose="Seeing a cache as a cost as well as a cure.",
                levels=SEASONED,
            ),
        ),
        "a fast in-memory store",
    ),
    Cluster(
        "messaging",
        "distributed",
        None,
        entries(
            "Kafka|Redpanda|Kinesis|Pulsar",
            "RabbitMQ|ActiveMQ",
            "~Message queues: amqp, message queue, message broker",
            "SQS: sns",
            "NATS",
            "Pub/Sub: pub/sub, pubsub",
            "~Event-driven architecture: event-driven, event driven, event sourcing, cqrs, asynchronous messaging,"
            " eventgesteuert",
        ),
        words(
            "message messages event events consumer consumers producer topic queue partition offset commit order"
            " ordering duplicate duplicates twice exactly least once idempotent idempotency dedupe deduplicate retry"
            " dead letter lag backlog replay rebalance poison schema outbox broker throughput group acknowledge ack"
            " late"
        ),
        (
            ask(
                "Tell me about a time when the same event was handled twice, or two came in the wrong order. What"
                " did it break?",
                "How did you make it harmless?",
                "What can your consumers still not cope with?",
                purpose="Delivery guarantees where they matter: duplicates and order.",
            ),
            ask(
                "Walk me through what happened the last time one of your consumers fell far behind.",
                "What did you look at first?",
                "How did you catch up without making it worse for others?",
                purpose="Operating a queue under back-pressure.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe how you changed the shape of an event that other services were already reading.",
                "Who had to move first?",
                "What did you do about the old events still in {skill}?",
                purpose="Evolving event contracts between services.",
            ),
            ask(
                "Where have you decided against events and used a plain call instead, or the other way round? Take"
                " me through it.",
                "What did the teams on either side gain and lose?",
                "What made you sure, or are you still not?",
                purpose="Choosing asynchronous communication for reasons, across teams.",
                levels=SEASONED,
            ),
        ),
        "the queue",
    ),
    Cluster(
        "distributed",
        "distributed",
        None,
        entries(
            "~Microservices: microservice, micro-services, service-oriented, soa",
            "~Distributed systems: distributed system, verteilte systeme",
            "~Scalability: scalable, high availability, high-availability, high-throughput, high throughput, high"
            " traffic, hochverfügbar",
            "~Multi-region: multi-region failover, active-active, geo-replication",
            "~Consensus: raft, paxos, etcd, zookeeper",
        ),
        words(
            "service services timeout retry retries circuit breaker cascade partial failure consistency eventual"
            " replica leader failover region partition latency load traffic queue idempotent saga compensation"
            " bulkhead shed degrade fallback bottleneck scale horizontal node cluster throughput backpressure"
            " dependency"
        ),
        (
            ask(
                "Tell me about a failure in one service that took others down with it. How did it spread?",
                "What stopped it in the end?",
                "What have you put between those services since?",
                purpose="Partial failure, and how to contain it.",
            ),
            ask(
                "Walk me through the first thing that broke when load on one of your systems grew ten times.",
                "How did you see it coming, or why not?",
                "What would break next?",
                purpose="Finding and moving bottlenecks.",
            ),
            ask(
                "Describe a place where you gave up strict consistency. What did the business say to that?",
                "Show me a moment when a user could notice.",
                "How do you put it right when the two sides disagree?",
                purpose="Consistency as a trade-off that somebody has to accept.",
                levels=SEASONED,
            ),
        ),
    ),
)
