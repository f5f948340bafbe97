"""People, their search rows and their sessions in DynamoDB."""
