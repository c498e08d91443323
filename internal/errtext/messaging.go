package errtext

// messagingRules are what Service Bus and Event Hubs answer, by AMQP, HTTP or Kafka's protocol.
func messagingRules() []rule {
	const (
		bus    = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide"
		amqp   = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot"
		errs   = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-exceptions-latest"
		hubs   = "https://learn.microsoft.com/azure/event-hubs/exceptions-dotnet"
		kafka  = "https://learn.microsoft.com/azure/event-hubs/apache-kafka-troubleshooting-guide"
		quotas = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas"
	)
	row := rowOf(DataService)
	show := "az servicebus (or eventhubs) namespace show -g GROUP -n NAME --query '[disableLocalAuth,publicNetworkAccess,sku.name]'"
	role := "az role assignment create --assignee IDENTITY --role 'Azure Service Bus Data Receiver' --scope NAMESPACE-ID, or of Event Hubs"
	return []rule{
		row(kafka, "Event Hubs refused the sign-in of a Kafka client (SASL), or took away its connection before it.",
			[]string{
				"with a connection string: the user must be $ConnectionString and the password the whole string, with the mechanism PLAIN",
				"with Entra ID: the mechanism is OAUTHBEARER, and the token's scope is https://NAMESPACE.servicebus.windows.net/.default",
				"the namespace has the tier Basic, which has no Kafka endpoint, or its firewall refuses the address", "keys are disabled",
			},
			[]string{"use NAMESPACE.servicebus.windows.net:9093 and security.protocol=SASL_SSL", show, doctorCommand},
			"SaslAuthenticationException", "Invalid SASL mechanism response", "SASL authentication error", "SASL authentication failed",
			"Authentication failed during authentication due to invalid credentials with SASL mechanism", "SASL PLAIN … failed",
			"SASL OAUTHBEARER … failed", "code=_AUTHENTICATION", "Unexpected handshake request with client mechanism", "SASL handshake failed",
			"Disconnected while requesting ApiVersion", "might be caused by incorrect security.protocol"),
		row(kafka, "The Kafka client is signed in and has no right to the topic, the group or the cluster.",
			[]string{
				"the identity has no data role at the namespace or event hub, or the SAS policy lacks Listen, Send or Manage",
				"the client creates topics by itself, which needs Manage or Data Owner",
			},
			[]string{
				"az role assignment create --assignee IDENTITY --role 'Azure Event Hubs Data Receiver' --scope NAMESPACE-ID",
				doctorCommand,
			},
			"TopicAuthorizationException", "Topic authorization failed", "TOPIC_AUTHORIZATION_FAILED", "GroupAuthorizationException",
			"GROUP_AUTHORIZATION_FAILED", "ClusterAuthorizationException", "CLUSTER_AUTHORIZATION_FAILED", "Not authorized to access topics",
			"Not authorized to access group"),
		row(kafka, "The Kafka client got no answer that it understands from the bootstrap server.",
			[]string{
				"the address is wrong: for Event Hubs it is NAMESPACE.servicebus.windows.net:9093",
				"port 9093 is blocked by a firewall or NetworkPolicy",
				"the client does not use SASL_SSL, so that the connection is closed or stays silent", "the topic (event hub) does not exist",
			},
			[]string{"kubectl insideout --to NAMESPACE.servicebus.windows.net:9093", show, doctorCommand},
			"Failed to update metadata after", "No resolvable bootstrap urls", "Bootstrap broker … disconnected", "NoBrokersAvailable",
			"client has run out of available brokers", "KafkaJSConnectionError", "KafkaJSNumberOfRetriesExceeded",
			"Timed out waiting for a node assignment", "Local: Broker transport failure", "brokers are down"),
		row(kafka, "The Kafka client found no such topic: in Event Hubs a topic is an event hub of the namespace.",
			[]string{"the event hub was not created, or its name is another", "the namespace is another one"},
			[]string{"az eventhubs eventhub list -g GROUP --namespace-name NAME -o table"},
			"UNKNOWN_TOPIC_OR_PARTITION", "UnknownTopicOrPartition", "Unknown topic or partition", "does not host this topic-partition",
			"Topic … not present in metadata after"),
		row(amqp, "Service Bus or Event Hubs does not accept the token or the SAS: signature, audience, issuer or lifetime.",
			[]string{
				"the key in the connection string is wrong or was regenerated, or is that of another entity (EntityPath)",
				"the token is of another tenant or for another service",
				"the clock of the node is wrong, so that the SAS is not valid at this time",
			},
			[]string{"use the scope https://servicebus.azure.net/.default", doctorCommand, show},
			append(numbers("40103", "40104"), "description: InvalidSignature", "description: InvalidIssuer", "description: ExpiredToken",
				"description: InvalidAudience",
				"description: MalformedToken", "InvalidSignature: The token", "Token signature is invalid",
				"40103: Invalid authorization token", "40104: Invalid",
				"TokenExpired … servicebus", "Put token failed", "put-token", "CBS Token authentication failed", "cbs authentication",
				"Cannot authenticate … servicebus", "ServiceBusAuthenticationError", "InvalidToken: The token",
				"Authentication … TokenProvider … servicebus")...).
			without("LocalAuthDisabled", "claim(s) are required", "claims required for this operation", "claims … are required to perform",
				"Ip has been prevented", "could not be found"),
		row(errs, "Service Bus or Event Hubs was reached and has no such queue, topic, subscription, event hub or consumer group.",
			[]string{
				"the name is misspelled, or it was not created yet", "the namespace is another one",
				"the connection string names another EntityPath",
			},
			[]string{"az servicebus queue list -g GROUP --namespace-name NAME -o table, or az eventhubs eventhub list"},
			append(numbers("40400"), "messaging entity … could not be found", "MessagingEntityNotFound", "amqp:not-found",
				"MessageNotFound … servicebus", "entity could not be found", "MessagingEntityNotFoundError", "servicebus … (404)")...),
		row(errs, "The queue, topic or event hub is disabled, or not active.",
			[]string{"its status is Disabled, SendDisabled or ReceiveDisabled"},
			[]string{"az servicebus queue show -g GROUP --namespace-name NAME -n QUEUE --query status"},
			"MessagingEntityDisabled", "amqp: … disabled", "Messaging entity … is currently disabled", "MessagingEntityDisabledError"),
		row(bus, "Service Bus or Event Hubs knows the client, which has no right to do this.",
			[]string{
				"the identity lacks a data role: Azure Service Bus Data Receiver or Sender, Azure Event Hubs Data Receiver or Sender",
				"the shared access policy in the connection string does not contain Listen or Send",
			},
			[]string{
				doctorCommand,
				"az role assignment create --assignee IDENTITY --role 'Azure Service Bus Data Receiver' --scope NAMESPACE-ID",
			},
			"claim(s) are required"),
		row(bus, "Local (SAS) authentication is disabled for the Service Bus or Event Hubs namespace: it accepts tokens of Entra ID only.",
			[]string{"disableLocalAuth is true, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"LocalAuthDisabled", "SAS authentication has been disabled"),
		row(bus, "The firewall of the Service Bus or Event Hubs namespace refused the client's address.", closedTo("the namespace"),
			[]string{"az servicebus namespace network-rule-set list -g GROUP --namespace-name NAME", egressCommand},
			"Ip has been prevented to connect to the endpoint"),
		row(amqp, "Service Bus or Event Hubs refused the client: it is not authorized.",
			[]string{
				"the identity has no data role: Azure Service Bus or Event Hubs Data Receiver, Sender or Owner",
				"the role was assigned a moment ago",
				"keys are disabled, and a connection string is used", "the namespace's firewall refuses the address",
			},
			[]string{role, show, doctorCommand},
			append(numbers("40100"), "amqp:unauthorized-access", "ServiceBusAuthorizationError", "UnauthorizedAccess … servicebus",
				"servicebus … UnauthorizedAccess", "Unauthorized access … servicebus", "servicebus … Unauthorized",
				"servicebus … Attempted to perform an unauthorized", "Azure.Messaging … unauthorized operation",
				"unauthorized operation … Azure.Messaging", "Azure.ServiceBus.UnauthorizedException", "Azure.EventHubs.UnauthorizedException",
				"40100: Unauthorized", "eventhub … unauthorized operation")...).without("azconfig", "database.windows"),
		row(hubs, "Another receiver took over the partition or session: only one of the same kind can read it.",
			[]string{
				"two pods read the same partition with the same consumer group, as after scaling: one of them is disconnected",
				"the checkpoints of the processors are in different containers",
			},
			[]string{"use one storage container for checkpoints and one consumer group for each app", "normal for a moment while pods change"},
			"amqp:link:stolen", "New receiver … with higher epoch", "ReceiverDisconnected", "receiver is disconnected", "ConsumerDisconnected",
			"SessionCannotBeLocked", "SessionLockLost", "session-lock-lost", "session-cannot-be-locked"),
		row(errs, "The message's lock was lost before the app completed it: it is delivered again.",
			[]string{
				"processing takes longer than the lock holds", "the connection was cut, and the lock is bound to it",
				"too many messages are prefetched",
			},
			[]string{
				"renew the lock (MaxAutoLockRenewalDuration)",
				"az servicebus queue show -g GROUP --namespace-name NAME -n QUEUE --query lockDuration",
			},
			"MessageLockLost", "message-lock-lost", "The lock supplied is invalid", "MessageLockLostError"),
		row(quotas, "Service Bus or Event Hubs refuses more: a quota of size, connections or throughput is used up.",
			[]string{
				"the queue is full: nobody receives", "too many connections or receivers on one entity", "throughput units are used up",
			},
			[]string{"az servicebus queue show -g GROUP --namespace-name NAME -n QUEUE --query countDetails", show},
			append(numbers("50002", "50009"), "amqp:resource-limit-exceeded", "QuotaExceeded … servicebus",
				"quota … has been reached … queue",
				"ServerBusyException", "com.microsoft:server-busy", "The maximum number of … receivers", "amqp:link:message-size-exceeded",
				"MessageSizeExceeded", "server-busy")...),
		row(amqp, "The AMQP connection was closed while nobody used it, or by maintenance. Libraries connect again by themselves.",
			[]string{"no traffic for some minutes", "an upgrade of the service", "the client was slow to renew its token"},
			[]string{"nothing, if the app goes on", "update the library if it does not"},
			"amqp:connection:forced", "amqp:link:detach-forced", "The link … is force detached", "force detached by the broker",
			"connection was inactive for more than the allowed", "idle timeout … amqp"),
		row(bus, "The client got no connection to Service Bus or Event Hubs, or none in time.",
			[]string{
				"ports 5671 and 5672 (AMQP) or 9093 (Kafka) are blocked by a firewall or NetworkPolicy", "the namespace's name is wrong, or DNS",
				"public access is off, and the name resolves to the public address",
			},
			[]string{
				"use AMQP over WebSockets, which needs port 443 only", "kubectl insideout --to NAMESPACE.servicebus.windows.net:5671",
				doctorCommand,
			},
			"ServiceCommunicationProblem", "ServiceBusConnectionError", "ServiceBusCommunicationException", "ServiceTimeout … servicebus",
			"Failed to initiate the connection due to exception", "amqp:socket-error", "AMQPConnectionError",
			"azure.eventhub.exceptions.ConnectError", "azure.servicebus … timed out", "azure.eventhub … timed out", "No route to host … 5671"),
	}
}
